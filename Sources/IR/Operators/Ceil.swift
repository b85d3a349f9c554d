/// Smallest integer not below x.
public enum Ceil: UnaryFunction {
    public static let opName = "ceil"
    public static let summary = "Smallest integer not below x."
    public static let formula = "y = ⌈x⌉"
    public static let onnx = "Ceil"
    public static let flops = 1

    public static func apply(_ x: Double) -> Double { x.rounded(.up) }
}
