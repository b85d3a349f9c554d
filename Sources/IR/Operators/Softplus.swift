import Foundation

/// Smooth rectifier.
public enum Softplus: UnaryFunction {
    public static let opName = "softplus"
    public static let summary = "Smooth rectifier."
    public static let formula = "y = ln(1 + eˣ)"
    public static let onnx = "Softplus"
    public static let flops = 20

    /// Written so that large x do not overflow.
    public static func apply(_ x: Double) -> Double { max(x, 0) + log1p(exp(-x.magnitude)) }
}
