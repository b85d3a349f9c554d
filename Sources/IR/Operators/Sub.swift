/// Elementwise difference.
public enum Sub: BinaryFunction {
    public static let opName = "sub"
    public static let summary = "Elementwise difference."
    public static let formula = "y = a - b"
    public static let onnx = "Sub"
    public static let flops = 1

    public static func apply(_ a: Double, _ b: Double) -> Double { a - b }

    public static func apply(_ a: Int, _ b: Int) -> Int { a &- b }
}
