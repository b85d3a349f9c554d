/// Mean over axes; NaN over none.
package enum ReduceMean: ReduceFunction {
    package static let opName = "reduce_mean"
    package static let summary = "Mean over axes; NaN over none."
    package static let formula = "y = Σ x / count"
    package static let onnx = "ReduceMean"
    package static let operandKind = "float"

    package static func accepts(_ dtype: DType) -> Bool { dtype.isFloat }

    package static func initial(_ dtype: DType) -> Double { 0 }

    package static func initialInteger<Integer: FixedWidthInteger>(_ dtype: DType) -> Integer { 0 }

    package static func combine(_ a: Double, _ b: Double) -> Double { a + b }

    package static func combine<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { a &+ b }

    package static func finish(_ value: Double, count: Int) -> Double { value / Double(count) }
}
