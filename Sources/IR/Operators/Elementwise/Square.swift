/// Square.
package enum Square: UnaryFunction {
    package static let opName = "square"
    package static let summary = "Square."
    package static let formula = "y = x²"
    package static let onnx = "Mul(x, x)"
    package static let flops = 1

    package static func apply(_ x: Double) -> Double { x * x }
}
