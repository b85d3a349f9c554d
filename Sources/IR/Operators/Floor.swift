/// Largest integer not above x.
public enum Floor: UnaryFunction {
    public static let opName = "floor"
    public static let summary = "Largest integer not above x."
    public static let formula = "y = ⌊x⌋"
    public static let onnx = "Floor"
    public static let flops = 1

    public static func apply(_ x: Double) -> Double { x.rounded(.down) }
}
