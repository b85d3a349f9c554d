/// Absolute value.
public enum Abs: UnaryFunction {
    public static let opName = "abs"
    public static let summary = "Absolute value."
    public static let formula = "y = |x|"
    public static let onnx = "Abs"
    public static let flops = 1

    public static func apply(_ x: Double) -> Double { x.magnitude }
}
