import Foundation

/// Sigmoid linear unit (Elfwing et al., arXiv 1702.03118).
public enum Silu: UnaryFunction {
    public static let opName = "silu"
    public static let summary = "Sigmoid linear unit, also called swish."
    public static let formula = "y = x / (1 + e⁻ˣ)"
    public static let onnx = "Mul of x and Sigmoid(x); Swish from opset 24"
    public static let flops = 13

    /// 0 at -inf, where the quotient itself would be NaN.
    public static func apply(_ x: Double) -> Double { x == -.infinity ? 0 : x / (1 + exp(-x)) }
}
