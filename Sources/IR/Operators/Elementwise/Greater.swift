/// Whether a is above b.
package enum Greater: ComparisonFunction {
    package static let opName = "gt"
    package static let summary = "Whether a is above b."
    package static let formula = "y = (a > b)"
    package static let onnx = "Greater"

    package static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a > b }
}
