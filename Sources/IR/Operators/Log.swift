import Foundation

/// Natural logarithm; NaN below zero, -inf at zero.
public enum Log: UnaryFunction {
    public static let opName = "log"
    public static let summary = "Natural logarithm; NaN below zero, -inf at zero."
    public static let formula = "y = ln x"
    public static let onnx = "Log"
    public static let flops = 10

    public static func apply(_ x: Double) -> Double { log(x) }
}
