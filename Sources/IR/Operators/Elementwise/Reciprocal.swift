/// Reciprocal; inf at zero.
package enum Reciprocal: UnaryFunction {
    package static let opName = "reciprocal"
    package static let summary = "Reciprocal; inf at zero."
    package static let formula = "y = 1 / x"
    package static let onnx = "Reciprocal"
    package static let flops = 1

    package static func apply(_ x: Double) -> Double { 1 / x }
}
