import Foundation

/// Gaussian error linear unit in its tanh approximation (Hendrycks & Gimpel, arXiv 1606.08415, section 2).
package enum GeluTanh: UnaryFunction {
    package static let opName = "gelu_tanh"
    package static let summary = "Gaussian error linear unit, tanh approximation."
    package static let formula = "y = x/2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))"
    package static let onnx = "Gelu(approximate=tanh)"
    package static let flops = 20

    package static func apply(_ x: Double) -> Double {
        if x == -.infinity { return 0 }
        return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
}
