import Foundation

/// Hyperbolic cosine.
package enum Cosh: UnaryFunction {
    package static let opName = "cosh"
    package static let summary = "Hyperbolic cosine."
    package static let formula = "y = (eˣ + e⁻ˣ) / 2"
    package static let onnx = "Cosh"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { cosh(x) }
}
