/// Whether a is at least b.
public enum GreaterEqual: ComparisonFunction {
    public static let opName = "ge"
    public static let summary = "Whether a is at least b."
    public static let formula = "y = (a ≥ b)"
    public static let onnx = "GreaterOrEqual"

    public static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a >= b }
}
