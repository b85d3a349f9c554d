import Foundation

/// Angle in radians of a sine; NaN beyond ±1.
package enum Asin: UnaryFunction {
    package static let opName = "asin"
    package static let summary = "Angle in radians of a sine; NaN beyond ±1."
    package static let formula = "y = arcsin x"
    package static let onnx = "Asin"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { asin(x) }
}
