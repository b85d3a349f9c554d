/// Whether a is at most b.
package enum LessEqual: ComparisonFunction {
    package static let opName = "le"
    package static let summary = "Whether a is at most b."
    package static let formula = "y = (a ≤ b)"
    package static let onnx = "LessOrEqual"

    package static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a <= b }
}
