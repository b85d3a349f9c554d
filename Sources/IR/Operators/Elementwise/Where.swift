/// Choice between two tensors, element by element.
package struct Where: TensorOperator {
    package static let opName = "where"

    package static let documentation = OperatorDocumentation(
        "Takes a where the condition holds, else b; all three broadcast.", formula: "y = cond ? a : b",
        operands: ["cond: bool[…]", "a: any[…]", "b: dtype of a"], results: ["y: dtype of a, broadcast shape"], onnx: "Where")

    package static let facts: OperatorFacts = [.elementwise, .differentiable]

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 3...3)
        let cond = try Check.operand(inputs, 0, "cond")
        let (a, b) = (try Check.operand(inputs, 1, "a"), try Check.operand(inputs, 2, "b"))
        try Check.dtype(cond, .bool, "cond")
        guard a.dtype == b.dtype else { throw InferenceError("a and b must have one dtype, not \(a) and \(b)") }
        return [TensorType(a.dtype, try Broadcast.shape(cond.shape, try Broadcast.shape(a.shape, b.shape)))]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (cond, a, b) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1), try Tensor.operand(inputs, 2))
        let shape = try Broadcast.sizes(cond.shape, try Broadcast.sizes(a.shape, b.shape))
        let flags = cond.bools
        let strides = [cond, a, b].map { Broadcast.strides($0.shape, to: shape) }
        // Elements of a first, those of b behind them.
        let both = try Tensor.joined([a, b])
        return [
            both.picking(shape) { index in
                flags[offset(index, strides[0])] ? offset(index, strides[1]) : a.count + offset(index, strides[2])
            }
        ]
    }
}
