/// Quotient; integers truncate towards zero, and an integer divided by 0 gives 0.
public enum Div: BinaryFunction {
    public static let opName = "div"
    public static let summary = "Quotient; integers truncate towards zero, and an integer divided by 0 gives 0."
    public static let formula = "y = a / b"
    public static let onnx = "Div"
    public static let flops = 1

    public static func apply(_ a: Double, _ b: Double) -> Double { a / b }

    public static func apply(_ a: Int, _ b: Int) -> Int { b == 0 ? 0 : a.dividedReportingOverflow(by: b).partialValue }
}
