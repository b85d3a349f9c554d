import Foundation

/// Smooth rectifier.
package enum Softplus: UnaryFunction {
    package static let opName = "softplus"
    package static let summary = "Smooth rectifier."
    package static let formula = "y = ln(1 + eˣ)"
    package static let onnx = "Softplus"
    package static let flops = 20

    /// Written so that large x do not overflow.
    package static func apply(_ x: Double) -> Double { max(x, 0) + log1p(exp(-x.magnitude)) }
}
