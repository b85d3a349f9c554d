/// Whether elements differ; NaN differs from everything.
package enum NotEqual: ComparisonFunction {
    package static let opName = "ne"
    package static let summary = "Whether elements differ; NaN differs from everything."
    package static let formula = "y = (a ≠ b)"
    package static let onnx = "Not of Equal"
    package static let isCommutative = true

    package static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a != b }
}
