/// Rectified linear unit; NaN stays NaN.
public enum Relu: UnaryFunction {
    public static let opName = "relu"
    public static let summary = "Rectified linear unit; NaN stays NaN."
    public static let formula = "y = max(x, 0)"
    public static let onnx = "Relu"
    public static let flops = 1

    public static func apply(_ x: Double) -> Double { x < 0 ? 0 : x }
}
