/// Nearest integer; halves go to the even one.
public enum Round: UnaryFunction {
    public static let opName = "round"
    public static let summary = "Nearest integer; halves go to the even one."
    public static let formula = "y = x rounded to nearest, ties to even"
    public static let onnx = "Round"
    public static let flops = 1

    public static func apply(_ x: Double) -> Double { x.rounded(.toNearestOrEven) }
}
