/// Whether both are true.
package enum And: LogicalFunction {
    package static let opName = "and"
    package static let summary = "Whether both are true."
    package static let formula = "y = a ∧ b"
    package static let onnx = "And"

    package static func apply(_ a: Bool, _ b: Bool) -> Bool { a && b }
}
