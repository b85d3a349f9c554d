import Foundation

/// Cosine of an angle in radians.
public enum Cos: UnaryFunction {
    public static let opName = "cos"
    public static let summary = "Cosine of an angle in radians."
    public static let formula = "y = cos x"
    public static let onnx = "Cos"
    public static let flops = 15

    public static func apply(_ x: Double) -> Double { cos(x) }
}
