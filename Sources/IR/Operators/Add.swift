/// Elementwise sum.
public enum Add: BinaryFunction {
    public static let opName = "add"
    public static let summary = "Elementwise sum."
    public static let formula = "y = a + b"
    public static let onnx = "Add"
    public static let flops = 1

    public static func apply(_ a: Double, _ b: Double) -> Double { a + b }

    public static func apply(_ a: Int, _ b: Int) -> Int { a &+ b }
}
