/// Whether exactly one is true.
package enum Xor: LogicalFunction {
    package static let opName = "xor"
    package static let summary = "Whether exactly one is true."
    package static let formula = "y = a ⊕ b"
    package static let onnx = "Xor"

    package static func apply(_ a: Bool, _ b: Bool) -> Bool { a != b }
}
