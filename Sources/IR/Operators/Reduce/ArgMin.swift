/// Where the smallest element lies.
package enum ArgMin: ArgFunction {
    package static let opName = "arg_min"
    package static let summary = "Index of the smallest element along one axis, the first of equals; a NaN counts as smallest."
    package static let formula = "y = min {i : x[i] = min x} along axis"
    package static let onnx = "ArgMin(select_last_index=0)"

    package static func beats<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a < b }
}
