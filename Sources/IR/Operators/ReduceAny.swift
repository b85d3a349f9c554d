/// Whether any element over axes is true; false over none.
public enum ReduceAny: ReduceFunction {
    public static let opName = "reduce_any"
    public static let summary = "Whether any element over axes is true; false over none."
    public static let formula = "y = ∃ x"
    public static let onnx = "ReduceMax of the bools as u8"
    public static let operandKind = "bool"

    public static func accepts(_ dtype: DType) -> Bool { dtype == .bool }

    public static func initial(_ dtype: DType) -> Double { 0 }

    public static func initialInteger(_ dtype: DType) -> Int { 0 }

    public static func combine(_ a: Double, _ b: Double) -> Double { Swift.max(a, b) }

    public static func combine(_ a: Int, _ b: Int) -> Int { a | b }
}
