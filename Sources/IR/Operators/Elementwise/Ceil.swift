/// Smallest integer not below x.
package enum Ceil: UnaryFunction {
    package static let opName = "ceil"
    package static let summary = "Smallest integer not below x."
    package static let formula = "y = ⌈x⌉"
    package static let onnx = "Ceil"
    package static let flops = 1
    package static let isDifferentiable = false

    package static func apply(_ x: Double) -> Double { x.rounded(.up) }
}
