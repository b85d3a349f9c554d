import Foundation

/// Sine of an angle in radians.
public enum Sin: UnaryFunction {
    public static let opName = "sin"
    public static let summary = "Sine of an angle in radians."
    public static let formula = "y = sin x"
    public static let onnx = "Sin"
    public static let flops = 15

    public static func apply(_ x: Double) -> Double { sin(x) }
}
