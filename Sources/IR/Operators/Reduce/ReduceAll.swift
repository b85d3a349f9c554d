/// Whether all elements over axes are true; true over none.
package enum ReduceAll: ReduceFunction {
    package static let opName = "reduce_all"
    package static let summary = "Whether all elements over axes are true; true over none."
    package static let formula = "y = ∀ x"
    package static let onnx = "ReduceMin of the bools as u8"
    package static let operandKind = "bool"

    package static func accepts(_ dtype: DType) -> Bool { dtype == .bool }

    package static func initial(_ dtype: DType) -> Double { 1 }

    package static func initialInteger<Integer: FixedWidthInteger>(_ dtype: DType) -> Integer { 1 }

    package static func combine(_ a: Double, _ b: Double) -> Double { Swift.min(a, b) }

    package static func combine<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { a & b }
}
