/// Square root; NaN below zero.
public enum Sqrt: UnaryFunction {
    public static let opName = "sqrt"
    public static let summary = "Square root; NaN below zero."
    public static let formula = "y = √x"
    public static let onnx = "Sqrt"
    public static let flops = 1

    public static func apply(_ x: Double) -> Double { x.squareRoot() }
}
