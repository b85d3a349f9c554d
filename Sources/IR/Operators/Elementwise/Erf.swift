import Foundation

/// Error function.
package enum Erf: UnaryFunction {
    package static let opName = "erf"
    package static let summary = "Error function."
    package static let formula = "y = 2/√π · ∫₀ˣ exp(-t²) dt"
    package static let onnx = "Erf"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { erf(x) }
}
