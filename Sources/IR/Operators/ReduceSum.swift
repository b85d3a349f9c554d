/// Sum over axes; 0 over none.
public enum ReduceSum: ReduceFunction {
    public static let opName = "reduce_sum"
    public static let summary = "Sum over axes; 0 over none."
    public static let formula = "y = Σ x"
    public static let onnx = "ReduceSum"
    public static let operandKind = "float or integer"

    public static func accepts(_ dtype: DType) -> Bool { dtype != .bool }

    public static func initial(_ dtype: DType) -> Double { 0 }

    public static func initialInteger(_ dtype: DType) -> Int { 0 }

    public static func combine(_ a: Double, _ b: Double) -> Double { a + b }

    public static func combine(_ a: Int, _ b: Int) -> Int { a &+ b }
}
