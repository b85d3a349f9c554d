import Foundation

/// Inverse hyperbolic cosine; NaN below 1.
package enum Acosh: UnaryFunction {
    package static let opName = "acosh"
    package static let summary = "Inverse hyperbolic cosine; NaN below 1."
    package static let formula = "y = ln(x + √(x² - 1))"
    package static let onnx = "Acosh"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { acosh(x) }
}
