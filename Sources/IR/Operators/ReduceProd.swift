/// Product over axes; 1 over none.
public enum ReduceProd: ReduceFunction {
    public static let opName = "reduce_prod"
    public static let summary = "Product over axes; 1 over none."
    public static let formula = "y = Π x"
    public static let onnx = "ReduceProd"
    public static let operandKind = "float or integer"

    public static func accepts(_ dtype: DType) -> Bool { dtype != .bool }

    public static func initial(_ dtype: DType) -> Double { 1 }

    public static func initialInteger(_ dtype: DType) -> Int { 1 }

    public static func combine(_ a: Double, _ b: Double) -> Double { a * b }

    public static func combine(_ a: Int, _ b: Int) -> Int { a &* b }
}
