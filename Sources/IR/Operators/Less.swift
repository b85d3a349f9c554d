/// Whether a is below b.
public enum Less: ComparisonFunction {
    public static let opName = "lt"
    public static let summary = "Whether a is below b."
    public static let formula = "y = (a < b)"
    public static let onnx = "Less"

    public static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a < b }
}
