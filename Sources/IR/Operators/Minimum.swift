/// The smaller of two; NaN if either is NaN.
public enum Minimum: BinaryFunction {
    public static let opName = "min"
    public static let summary = "The smaller of two; NaN if either is NaN."
    public static let formula = "y = min(a, b)"
    public static let onnx = "Min"
    public static let flops = 1

    public static func apply(_ a: Double, _ b: Double) -> Double { a < b || a.isNaN ? a : b }

    public static func apply(_ a: Int, _ b: Int) -> Int { Swift.min(a, b) }
}
