/// Whether exactly one is true.
public enum Xor: LogicalFunction {
    public static let opName = "xor"
    public static let summary = "Whether exactly one is true."
    public static let formula = "y = a ⊕ b"
    public static let onnx = "Xor"

    public static func apply(_ a: Bool, _ b: Bool) -> Bool { a != b }
}
