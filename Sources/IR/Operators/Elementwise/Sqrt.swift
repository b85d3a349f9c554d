/// Square root; NaN below zero.
package enum Sqrt: UnaryFunction {
    package static let opName = "sqrt"
    package static let summary = "Square root; NaN below zero."
    package static let formula = "y = √x"
    package static let onnx = "Sqrt"
    package static let flops = 1

    package static func apply(_ x: Double) -> Double { x.squareRoot() }
}
