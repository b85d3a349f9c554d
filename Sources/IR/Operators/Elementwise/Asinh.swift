import Foundation

/// Inverse hyperbolic sine.
package enum Asinh: UnaryFunction {
    package static let opName = "asinh"
    package static let summary = "Inverse hyperbolic sine."
    package static let formula = "y = ln(x + √(x² + 1))"
    package static let onnx = "Asinh"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { asinh(x) }
}
