/// Whether a is at least b.
package enum GreaterEqual: ComparisonFunction {
    package static let opName = "ge"
    package static let summary = "Whether a is at least b."
    package static let formula = "y = (a ≥ b)"
    package static let onnx = "GreaterOrEqual"

    package static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a >= b }
}
