/// Largest element over axes; the lowest value of the type (or -inf) over none. NaN wins.
public enum ReduceMax: ReduceFunction {
    public static let opName = "reduce_max"
    public static let summary = "Largest element over axes; the lowest value of the type (or -inf) over none. NaN wins."
    public static let formula = "y = max x"
    public static let onnx = "ReduceMax"
    public static let operandKind = "float or integer"

    public static func accepts(_ dtype: DType) -> Bool { dtype != .bool }

    public static func initial(_ dtype: DType) -> Double { -.infinity }

    public static func initialInteger(_ dtype: DType) -> Int { dtype.integerRange.lowerBound }

    public static func combine(_ a: Double, _ b: Double) -> Double { Maximum.apply(a, b) }

    public static func combine(_ a: Int, _ b: Int) -> Int { Swift.max(a, b) }
}
