import Foundation

/// Gaussian error linear unit in its exact form (Hendrycks & Gimpel, arXiv 1606.08415).
package enum Gelu: UnaryFunction {
    package static let opName = "gelu"
    package static let summary = "Gaussian error linear unit, exact (erf) form."
    package static let formula = "y = x · (1 + erf(x / √2)) / 2"
    package static let onnx = "Gelu(approximate=none)"
    package static let flops = 20

    package static func apply(_ x: Double) -> Double { x * 0.5 * erfc(-x / 2.0.squareRoot()) }
}
