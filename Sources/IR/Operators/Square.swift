/// Square.
public enum Square: UnaryFunction {
    public static let opName = "square"
    public static let summary = "Square."
    public static let formula = "y = x²"
    public static let onnx = "Mul(x, x)"
    public static let flops = 1

    public static func apply(_ x: Double) -> Double { x * x }
}
