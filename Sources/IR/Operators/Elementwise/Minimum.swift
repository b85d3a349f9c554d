/// The smaller of two; NaN if either is NaN.
package enum Minimum: BinaryFunction {
    package static let opName = "min"
    package static let summary = "The smaller of two; NaN if either is NaN."
    package static let formula = "y = min(a, b)"
    package static let onnx = "Min"
    package static let flops = 1

    package static func apply(_ a: Double, _ b: Double) -> Double { a < b || a.isNaN ? a : b }

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { Swift.min(a, b) }
}
