/// Nearest integer; halves go to the even one.
package enum Round: UnaryFunction {
    package static let opName = "round"
    package static let summary = "Nearest integer; halves go to the even one."
    package static let formula = "y = x rounded to nearest, ties to even"
    package static let onnx = "Round"
    package static let flops = 1
    package static let isDifferentiable = false

    package static func apply(_ x: Double) -> Double { x.rounded(.toNearestOrEven) }
}
