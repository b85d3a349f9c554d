import Foundation

/// Logistic function.
package enum Sigmoid: UnaryFunction {
    package static let opName = "sigmoid"
    package static let summary = "Logistic function."
    package static let formula = "y = 1 / (1 + e⁻ˣ)"
    package static let onnx = "Sigmoid"
    package static let flops = 12

    package static func apply(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}
