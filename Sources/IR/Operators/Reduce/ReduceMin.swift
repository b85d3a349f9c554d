/// Smallest element over axes; the highest value of the type (or inf) over none. NaN wins.
package enum ReduceMin: ReduceFunction {
    package static let opName = "reduce_min"
    package static let summary = "Smallest element over axes; the highest value of the type (or inf) over none. NaN wins."
    package static let formula = "y = min x"
    package static let onnx = "ReduceMin"
    package static let operandKind = "float or integer"

    package static func accepts(_ dtype: DType) -> Bool { dtype.isNumber }

    package static func initial(_ dtype: DType) -> Double { .infinity }

    package static func initialInteger<Integer: FixedWidthInteger>(_ dtype: DType) -> Integer {
        dtype.integerRange(as: Integer.self).upperBound
    }

    package static func combine(_ a: Double, _ b: Double) -> Double { Minimum.apply(a, b) }

    package static func combine<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { Swift.min(a, b) }
}
