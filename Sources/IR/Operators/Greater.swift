/// Whether a is above b.
public enum Greater: ComparisonFunction {
    public static let opName = "gt"
    public static let summary = "Whether a is above b."
    public static let formula = "y = (a > b)"
    public static let onnx = "Greater"

    public static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a > b }
}
