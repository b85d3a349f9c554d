/// Sign; 0 at zero, NaN stays NaN.
package enum Sign: UnaryFunction {
    package static let opName = "sign"
    package static let summary = "Sign; 0 at zero, NaN stays NaN."
    package static let formula = "y = 1 if x > 0, -1 if x < 0, else x"
    package static let onnx = "Sign"
    package static let flops = 1
    package static let isDifferentiable = false

    package static func apply(_ x: Double) -> Double { x > 0 ? 1 : x < 0 ? -1 : x }
}
