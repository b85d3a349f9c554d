/// Sum over axes; 0 over none.
package enum ReduceSum: ReduceFunction {
    package static let opName = "reduce_sum"
    package static let summary = "Sum over axes; 0 over none."
    package static let formula = "y = Σ x"
    package static let onnx = "ReduceSum"
    package static let operandKind = "float or integer"

    package static func accepts(_ dtype: DType) -> Bool { dtype.isNumber }

    package static func initial(_ dtype: DType) -> Double { 0 }

    package static func initialInteger<Integer: FixedWidthInteger>(_ dtype: DType) -> Integer { 0 }

    package static func combine(_ a: Double, _ b: Double) -> Double { a + b }

    package static func combine<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { a &+ b }
}
