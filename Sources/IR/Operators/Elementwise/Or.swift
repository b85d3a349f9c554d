/// Whether at least one is true; of integers, the bits set in either.
package enum Or: LogicalFunction {
    package static let opName = "or"
    package static let summary = "Whether at least one is true; of integers, the bits set in either."
    package static let formula = "y = a ∨ b"
    package static let onnx = "Or, BitwiseOr"

    package static func apply(_ a: Bool, _ b: Bool) -> Bool { a || b }

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { a | b }
}
