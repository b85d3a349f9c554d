/// Whether at least one is true.
package enum Or: LogicalFunction {
    package static let opName = "or"
    package static let summary = "Whether at least one is true."
    package static let formula = "y = a ∨ b"
    package static let onnx = "Or"

    package static func apply(_ a: Bool, _ b: Bool) -> Bool { a || b }
}
