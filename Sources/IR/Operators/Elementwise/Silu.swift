import Foundation

/// Sigmoid linear unit (Elfwing et al., arXiv 1702.03118).
package enum Silu: UnaryFunction {
    package static let opName = "silu"
    package static let summary = "Sigmoid linear unit, also called swish."
    package static let formula = "y = x / (1 + e⁻ˣ)"
    package static let onnx = "Mul of x and Sigmoid(x); Swish from opset 24"
    package static let flops = 13

    /// 0 at -inf, where the quotient itself would be NaN.
    package static func apply(_ x: Double) -> Double { x == -.infinity ? 0 : x / (1 + exp(-x)) }
}
