/// Whether a is below b.
package enum Less: ComparisonFunction {
    package static let opName = "lt"
    package static let summary = "Whether a is below b."
    package static let formula = "y = (a < b)"
    package static let onnx = "Less"

    package static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a < b }
}
