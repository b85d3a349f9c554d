import Foundation

/// Cosine of an angle in radians.
package enum Cos: UnaryFunction {
    package static let opName = "cos"
    package static let summary = "Cosine of an angle in radians."
    package static let formula = "y = cos x"
    package static let onnx = "Cos"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { cos(x) }
}
