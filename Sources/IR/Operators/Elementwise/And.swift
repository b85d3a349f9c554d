/// Whether both are true; of integers, the bits set in both.
package enum And: LogicalFunction {
    package static let opName = "and"
    package static let summary = "Whether both are true; of integers, the bits set in both."
    package static let formula = "y = a ∧ b"
    package static let onnx = "And, BitwiseAnd"

    package static func apply(_ a: Bool, _ b: Bool) -> Bool { a && b }

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { a & b }
}
