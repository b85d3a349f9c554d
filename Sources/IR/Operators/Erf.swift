import Foundation

/// Error function.
public enum Erf: UnaryFunction {
    public static let opName = "erf"
    public static let summary = "Error function."
    public static let formula = "y = 2/√π · ∫₀ˣ exp(-t²) dt"
    public static let onnx = "Erf"
    public static let flops = 15

    public static func apply(_ x: Double) -> Double { erf(x) }
}
