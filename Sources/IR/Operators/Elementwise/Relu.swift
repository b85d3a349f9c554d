/// Rectified linear unit; NaN stays NaN.
package enum Relu: UnaryFunction {
    package static let opName = "relu"
    package static let summary = "Rectified linear unit; NaN stays NaN."
    package static let formula = "y = max(x, 0)"
    package static let onnx = "Relu"
    package static let flops = 1

    package static func apply(_ x: Double) -> Double { x < 0 ? 0 : x }
}
