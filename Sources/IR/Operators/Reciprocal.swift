/// Reciprocal; inf at zero.
public enum Reciprocal: UnaryFunction {
    public static let opName = "reciprocal"
    public static let summary = "Reciprocal; inf at zero."
    public static let formula = "y = 1 / x"
    public static let onnx = "Reciprocal"
    public static let flops = 1

    public static func apply(_ x: Double) -> Double { 1 / x }
}
