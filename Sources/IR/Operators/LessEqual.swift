/// Whether a is at most b.
public enum LessEqual: ComparisonFunction {
    public static let opName = "le"
    public static let summary = "Whether a is at most b."
    public static let formula = "y = (a ≤ b)"
    public static let onnx = "LessOrEqual"

    public static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a <= b }
}
