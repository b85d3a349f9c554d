/// Whether both are true.
public enum And: LogicalFunction {
    public static let opName = "and"
    public static let summary = "Whether both are true."
    public static let formula = "y = a ∧ b"
    public static let onnx = "And"

    public static func apply(_ a: Bool, _ b: Bool) -> Bool { a && b }
}
