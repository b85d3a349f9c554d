import Foundation

/// Gaussian error linear unit in its exact form (Hendrycks & Gimpel, arXiv 1606.08415).
public enum Gelu: UnaryFunction {
    public static let opName = "gelu"
    public static let summary = "Gaussian error linear unit, exact (erf) form."
    public static let formula = "y = x · (1 + erf(x / √2)) / 2"
    public static let onnx = "Gelu(approximate=none)"
    public static let flops = 20

    public static func apply(_ x: Double) -> Double { x * 0.5 * erfc(-x / 2.0.squareRoot()) }
}
