/// Largest integer not above x.
package enum Floor: UnaryFunction {
    package static let opName = "floor"
    package static let summary = "Largest integer not above x."
    package static let formula = "y = ⌊x⌋"
    package static let onnx = "Floor"
    package static let flops = 1
    package static let isDifferentiable = false

    package static func apply(_ x: Double) -> Double { x.rounded(.down) }
}
