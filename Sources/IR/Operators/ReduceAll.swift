/// Whether all elements over axes are true; true over none.
public enum ReduceAll: ReduceFunction {
    public static let opName = "reduce_all"
    public static let summary = "Whether all elements over axes are true; true over none."
    public static let formula = "y = ∀ x"
    public static let onnx = "ReduceMin of the bools as u8"
    public static let operandKind = "bool"

    public static func accepts(_ dtype: DType) -> Bool { dtype == .bool }

    public static func initial(_ dtype: DType) -> Double { 1 }

    public static func initialInteger(_ dtype: DType) -> Int { 1 }

    public static func combine(_ a: Double, _ b: Double) -> Double { Swift.min(a, b) }

    public static func combine(_ a: Int, _ b: Int) -> Int { a & b }
}
