import Foundation

/// Hyperbolic sine.
package enum Sinh: UnaryFunction {
    package static let opName = "sinh"
    package static let summary = "Hyperbolic sine."
    package static let formula = "y = (eˣ - e⁻ˣ) / 2"
    package static let onnx = "Sinh"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { sinh(x) }
}
