/// Whether at least one is true.
public enum Or: LogicalFunction {
    public static let opName = "or"
    public static let summary = "Whether at least one is true."
    public static let formula = "y = a ∨ b"
    public static let onnx = "Or"

    public static func apply(_ a: Bool, _ b: Bool) -> Bool { a || b }
}
