/// Where the largest element lies.
package enum ArgMax: ArgFunction {
    package static let opName = "arg_max"
    package static let summary = "Index of the largest element along one axis, the first of equals; a NaN counts as largest."
    package static let formula = "y = min {i : x[i] = max x} along axis"
    package static let onnx = "ArgMax(select_last_index=0)"

    package static func beats<Element: Comparable>(_ a: Element, _ b: Element) -> Bool { a > b }
}
