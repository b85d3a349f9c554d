/// Largest element over axes; the lowest value of the type (or -inf) over none. NaN wins.
package enum ReduceMax: ReduceFunction {
    package static let opName = "reduce_max"
    package static let summary = "Largest element over axes; the lowest value of the type (or -inf) over none. NaN wins."
    package static let formula = "y = max x"
    package static let onnx = "ReduceMax"
    package static let operandKind = "float or integer"

    package static func accepts(_ dtype: DType) -> Bool { dtype.isNumber }

    package static func initial(_ dtype: DType) -> Double { -.infinity }

    package static func initialInteger<Integer: FixedWidthInteger>(_ dtype: DType) -> Integer {
        dtype.integerRange(as: Integer.self).lowerBound
    }

    package static func combine(_ a: Double, _ b: Double) -> Double { Maximum.apply(a, b) }

    package static func combine<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { Swift.max(a, b) }
}
