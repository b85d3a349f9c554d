import Foundation

/// Hyperbolic tangent.
package enum Tanh: UnaryFunction {
    package static let opName = "tanh"
    package static let summary = "Hyperbolic tangent."
    package static let formula = "y = (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)"
    package static let onnx = "Tanh"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { tanh(x) }
}
