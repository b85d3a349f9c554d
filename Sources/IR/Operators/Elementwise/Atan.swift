import Foundation

/// Angle in radians of a tangent, between -π/2 and π/2.
package enum Atan: UnaryFunction {
    package static let opName = "atan"
    package static let summary = "Angle in radians of a tangent, between -π/2 and π/2."
    package static let formula = "y = arctan x"
    package static let onnx = "Atan"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { atan(x) }
}
