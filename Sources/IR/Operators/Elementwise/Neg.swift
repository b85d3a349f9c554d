/// Negation.
package enum Neg: UnaryFunction {
    package static let opName = "neg"
    package static let summary = "Negation."
    package static let formula = "y = -x"
    package static let onnx = "Neg"
    package static let flops = 1

    package static func apply(_ x: Double) -> Double { -x }
}
