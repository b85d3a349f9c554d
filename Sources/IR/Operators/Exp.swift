import Foundation

/// Exponential function.
public enum Exp: UnaryFunction {
    public static let opName = "exp"
    public static let summary = "Exponential function."
    public static let formula = "y = eˣ"
    public static let onnx = "Exp"
    public static let flops = 10

    public static func apply(_ x: Double) -> Double { exp(x) }
}
