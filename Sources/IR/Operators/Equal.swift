/// Whether elements are equal.
public enum Equal: ComparisonFunction {
    public static let opName = "eq"
    public static let summary = "Whether elements are equal."
    public static let formula = "y = (a = b)"
    public static let onnx = "Equal"

    public static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a == b }
}
