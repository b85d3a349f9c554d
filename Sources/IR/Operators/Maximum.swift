/// The larger of two; NaN if either is NaN.
public enum Maximum: BinaryFunction {
    public static let opName = "max"
    public static let summary = "The larger of two; NaN if either is NaN."
    public static let formula = "y = max(a, b)"
    public static let onnx = "Max"
    public static let flops = 1

    public static func apply(_ a: Double, _ b: Double) -> Double { a > b || a.isNaN ? a : b }

    public static func apply(_ a: Int, _ b: Int) -> Int { Swift.max(a, b) }
}
