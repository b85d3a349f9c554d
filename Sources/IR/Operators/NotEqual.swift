/// Whether elements differ; NaN differs from everything.
public enum NotEqual: ComparisonFunction {
    public static let opName = "ne"
    public static let summary = "Whether elements differ; NaN differs from everything."
    public static let formula = "y = (a ≠ b)"
    public static let onnx = "Not of Equal"

    public static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a != b }
}
