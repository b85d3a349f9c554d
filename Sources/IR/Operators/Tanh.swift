import Foundation

/// Hyperbolic tangent.
public enum Tanh: UnaryFunction {
    public static let opName = "tanh"
    public static let summary = "Hyperbolic tangent."
    public static let formula = "y = (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)"
    public static let onnx = "Tanh"
    public static let flops = 15

    public static func apply(_ x: Double) -> Double { tanh(x) }
}
