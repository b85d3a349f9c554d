/// Where elements are not zero.
package struct NonZero: Operator {
    package static let opName = "nonzero"

    package static let documentation = OperatorDocumentation(
        "Indices of the elements that are not zero, in row-major order.", formula: "x[y[0, j], y[1, j], …] is the j-th that is not 0",
        operands: ["x: number or bool[…]"], results: ["y: i64[rank of x, how many], the latter decided when it runs"], onnx: "NonZero")

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 1...1)
        let x = try Check.tensor(operands, 0, "x")
        guard x.dtype != .string else { throw InferenceError("x must hold numbers or truth values, not \(x)") }
        return [.tensor(TensorType(.i64, [Dim(x.rank), try context.newSize()]))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        guard let x = operands[0]?.tensor else { throw EvaluationError("operand 0 is missing") }
        let strides = rowMajorStrides(x.shape)
        let found = x.bools.enumerated().filter(\.element).map(\.offset)
        let indices = x.shape.indices.flatMap { axis in found.map { $0 / strides[axis] % x.shape[axis] } }
        return [.tensor(Tensor(integers: indices, [x.rank, found.count]))]
    }
}
