/// Elementwise product.
public enum Mul: BinaryFunction {
    public static let opName = "mul"
    public static let summary = "Elementwise product."
    public static let formula = "y = a · b"
    public static let onnx = "Mul"
    public static let flops = 1

    public static func apply(_ a: Double, _ b: Double) -> Double { a * b }

    public static func apply(_ a: Int, _ b: Int) -> Int { a &* b }
}
