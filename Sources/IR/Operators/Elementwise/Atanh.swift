import Foundation

/// Inverse hyperbolic tangent; NaN beyond ±1.
package enum Atanh: UnaryFunction {
    package static let opName = "atanh"
    package static let summary = "Inverse hyperbolic tangent; NaN beyond ±1."
    package static let formula = "y = ½ ln((1 + x) / (1 - x))"
    package static let onnx = "Atanh"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { atanh(x) }
}
