import Foundation

/// Exponential function.
package enum Exp: UnaryFunction {
    package static let opName = "exp"
    package static let summary = "Exponential function."
    package static let formula = "y = eˣ"
    package static let onnx = "Exp"
    package static let flops = 10

    package static func apply(_ x: Double) -> Double { exp(x) }
}
