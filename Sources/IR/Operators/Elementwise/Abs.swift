/// Absolute value.
package enum Abs: UnaryFunction {
    package static let opName = "abs"
    package static let summary = "Absolute value."
    package static let formula = "y = |x|"
    package static let onnx = "Abs"
    package static let flops = 1

    package static func apply(_ x: Double) -> Double { x.magnitude }
}
