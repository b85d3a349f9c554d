import Foundation

/// Logistic function.
public enum Sigmoid: UnaryFunction {
    public static let opName = "sigmoid"
    public static let summary = "Logistic function."
    public static let formula = "y = 1 / (1 + e⁻ˣ)"
    public static let onnx = "Sigmoid"
    public static let flops = 12

    public static func apply(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}
