/// Sign; 0 at zero, NaN stays NaN.
public enum Sign: UnaryFunction {
    public static let opName = "sign"
    public static let summary = "Sign; 0 at zero, NaN stays NaN."
    public static let formula = "y = 1 if x > 0, -1 if x < 0, else x"
    public static let onnx = "Sign"
    public static let flops = 1

    public static func apply(_ x: Double) -> Double { x > 0 ? 1 : x < 0 ? -1 : x }
}
