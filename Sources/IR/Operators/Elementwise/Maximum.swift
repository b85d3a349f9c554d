/// The larger of two; NaN if either is NaN.
package enum Maximum: BinaryFunction {
    package static let opName = "max"
    package static let summary = "The larger of two; NaN if either is NaN."
    package static let formula = "y = max(a, b)"
    package static let onnx = "Max"
    package static let flops = 1

    package static func apply(_ a: Double, _ b: Double) -> Double { a > b || a.isNaN ? a : b }

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { Swift.max(a, b) }
}
