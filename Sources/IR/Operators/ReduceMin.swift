/// Smallest element over axes; the highest value of the type (or inf) over none. NaN wins.
public enum ReduceMin: ReduceFunction {
    public static let opName = "reduce_min"
    public static let summary = "Smallest element over axes; the highest value of the type (or inf) over none. NaN wins."
    public static let formula = "y = min x"
    public static let onnx = "ReduceMin"
    public static let operandKind = "float or integer"

    public static func accepts(_ dtype: DType) -> Bool { dtype != .bool }

    public static func initial(_ dtype: DType) -> Double { .infinity }

    public static func initialInteger(_ dtype: DType) -> Int { dtype.integerRange.upperBound }

    public static func combine(_ a: Double, _ b: Double) -> Double { Minimum.apply(a, b) }

    public static func combine(_ a: Int, _ b: Int) -> Int { Swift.min(a, b) }
}
