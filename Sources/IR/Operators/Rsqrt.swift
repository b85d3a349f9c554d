/// Reciprocal of the square root; inf at zero.
public enum Rsqrt: UnaryFunction {
    public static let opName = "rsqrt"
    public static let summary = "Reciprocal of the square root; inf at zero."
    public static let formula = "y = 1 / √x"
    public static let onnx = "Reciprocal of Sqrt"
    public static let flops = 2

    public static func apply(_ x: Double) -> Double { 1 / x.squareRoot() }
}
