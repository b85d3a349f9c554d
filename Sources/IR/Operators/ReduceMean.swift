/// Mean over axes; NaN over none.
public enum ReduceMean: ReduceFunction {
    public static let opName = "reduce_mean"
    public static let summary = "Mean over axes; NaN over none."
    public static let formula = "y = Σ x / count"
    public static let onnx = "ReduceMean"
    public static let operandKind = "float"

    public static func accepts(_ dtype: DType) -> Bool { dtype.isFloat }

    public static func initial(_ dtype: DType) -> Double { 0 }

    public static func initialInteger(_ dtype: DType) -> Int { 0 }

    public static func combine(_ a: Double, _ b: Double) -> Double { a + b }

    public static func combine(_ a: Int, _ b: Int) -> Int { a &+ b }

    public static func finish(_ value: Double, count: Int) -> Double { value / Double(count) }
}
