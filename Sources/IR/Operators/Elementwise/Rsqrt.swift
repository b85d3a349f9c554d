/// Reciprocal of the square root; inf at zero.
package enum Rsqrt: UnaryFunction {
    package static let opName = "rsqrt"
    package static let summary = "Reciprocal of the square root; inf at zero."
    package static let formula = "y = 1 / √x"
    package static let onnx = "Reciprocal of Sqrt"
    package static let flops = 2

    package static func apply(_ x: Double) -> Double { 1 / x.squareRoot() }
}
