import Foundation

/// Sine of an angle in radians.
package enum Sin: UnaryFunction {
    package static let opName = "sin"
    package static let summary = "Sine of an angle in radians."
    package static let formula = "y = sin x"
    package static let onnx = "Sin"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { sin(x) }
}
