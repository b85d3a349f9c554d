/// Negation.
public enum Neg: UnaryFunction {
    public static let opName = "neg"
    public static let summary = "Negation."
    public static let formula = "y = -x"
    public static let onnx = "Neg"
    public static let flops = 1

    public static func apply(_ x: Double) -> Double { -x }
}
