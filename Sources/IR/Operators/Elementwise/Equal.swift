/// Whether elements are equal.
package enum Equal: ComparisonFunction {
    package static let opName = "eq"
    package static let summary = "Whether elements are equal."
    package static let formula = "y = (a = b)"
    package static let onnx = "Equal"
    package static let isCommutative = true

    package static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a == b }
}
