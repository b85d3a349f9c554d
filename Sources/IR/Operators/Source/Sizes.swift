/// Integers that become sizes.
package struct Sizes: Operator {
    package static let opName = "sizes"

    package static let documentation = OperatorDocumentation(
        "Names sizes that data decide: later types and attributes may use them.", formula: "size i = x[i]",
        operands: ["x: i64[n] with n known, none negative"], results: [],
        onnx: "the shape operand of Reshape, Expand, ConstantOfShape, …: sizes, and the operator with dimensions")

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 1...1)
        let x = try Check.tensor(operands, 0, "x")
        guard x.dtype == .i64, x.rank == 1, let count = x.shape[0].value, count > 0 else {
            throw InferenceError("x must be i64[n] with n known and not 0, not \(x)")
        }
        for _ in 0..<count { _ = try context.newSize() }
        return []
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        guard let values = operands[0]?.tensor?.integers else { throw EvaluationError("operand 0 is missing") }
        for size in values {
            guard size >= 0 else { throw EvaluationError("a size cannot be \(size)") }
            context.newSize(size)
        }
        return []
    }
}
