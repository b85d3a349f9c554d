/// Whether exactly one is true; of integers, the bits set in one alone.
package enum Xor: LogicalFunction {
    package static let opName = "xor"
    package static let summary = "Whether exactly one is true; of integers, the bits set in one alone."
    package static let formula = "y = a ⊕ b"
    package static let onnx = "Xor, BitwiseXor"

    package static func apply(_ a: Bool, _ b: Bool) -> Bool { a != b }

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { a ^ b }
}
