import Foundation

/// Tangent of an angle in radians.
package enum Tan: UnaryFunction {
    package static let opName = "tan"
    package static let summary = "Tangent of an angle in radians."
    package static let formula = "y = tan x"
    package static let onnx = "Tan"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { tan(x) }
}
