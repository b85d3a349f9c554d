/// Product over axes; 1 over none.
package enum ReduceProd: ReduceFunction {
    package static let opName = "reduce_prod"
    package static let summary = "Product over axes; 1 over none."
    package static let formula = "y = Π x"
    package static let onnx = "ReduceProd"
    package static let operandKind = "float or integer"

    package static func accepts(_ dtype: DType) -> Bool { dtype.isNumber }

    package static func initial(_ dtype: DType) -> Double { 1 }

    package static func initialInteger<Integer: FixedWidthInteger>(_ dtype: DType) -> Integer { 1 }

    package static func combine(_ a: Double, _ b: Double) -> Double { a * b }

    package static func combine<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { a &* b }
}
