/// Whether any element over axes is true; false over none.
package enum ReduceAny: ReduceFunction {
    package static let opName = "reduce_any"
    package static let summary = "Whether any element over axes is true; false over none."
    package static let formula = "y = ∃ x"
    package static let onnx = "ReduceMax of the bools as u8"
    package static let operandKind = "bool"

    package static func accepts(_ dtype: DType) -> Bool { dtype == .bool }

    package static func initial(_ dtype: DType) -> Double { 0 }

    package static func initialInteger<Integer: FixedWidthInteger>(_ dtype: DType) -> Integer { 0 }

    package static func combine(_ a: Double, _ b: Double) -> Double { Swift.max(a, b) }

    package static func combine<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { a | b }
}
