/// A dense layer with the weight in the layout checkpoints have: one row for each output.
package struct Linear: TensorOperator {
    package static let opName = "linear"

    package static let documentation = OperatorDocumentation(
        "Affine map of the last dimension.", formula: "y[…, n] = Σ_k x[…, k] · weight[n, k] + bias[n]",
        operands: ["x: float[…, k]", "weight: float[n, k]", "bias?: float[n]"], results: ["y: float[…, n]"], attributes: [RoundedOperands.attribute: RoundedOperands.documentation],
        onnx: "MatMul with a transposed weight, then Add; or Gemm(transB=1)")

    package static let facts: OperatorFacts = .differentiable

    /// Whether x and weight are rounded; see ``RoundedOperands``.
    package let bf16: Bool

    package init(bf16: Bool = false) { self.bf16 = bf16 }

    package init(reading attributes: inout AttributeReader) throws { bf16 = try attributes.bool(RoundedOperands.attribute) }

    package var attributes: Attributes { RoundedOperands.attributes(bf16) }

    package var packedOperands: [Int] { [1] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...3)
        if bf16 { try RoundedOperands.check(inputs) }
        return [try Linear.resultType(inputs)]
    }

    /// Checks x, weight and bias (operands 0 to 2) and gives the type of y; shared with the fused forms.
    static func resultType(_ inputs: [TensorType?]) throws -> TensorType {
        let x = try Check.operand(inputs, 0, "x")
        let weight = try Check.operand(inputs, 1, "weight")
        try Check.float(x, "x")
        try Check.float(weight, "weight")
        try Check.rank(weight, 2...2, "weight")
        guard let depth = x.shape.last, depth == weight.shape[1] else {
            throw InferenceError("the last dimension of x (\(x)) must equal the last of weight (\(weight))")
        }
        if let bias = Check.optional(inputs, 2) { try Check.shape(bias, [weight.shape[0]], "bias") }
        return TensorType(x.dtype, x.shape.dropLast() + [weight.shape[0]])
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { Linear.cost(inputs, outputs) }

    static func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        let depth = inputs.first.flatMap { $0?.shape.last } ?? 0
        return Cost(flops: outputs.reduce(0) { $0 + $1.elementCount } * depth * 2, bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (values, shape) = try Linear.product(RoundedOperands.values(inputs, bf16))
        return [Tensor(values, shape, as: try Tensor.operand(inputs, 0).dtype)]
    }

    /// x·weightᵀ + bias in double precision; shared with the fused forms.
    static func product(_ inputs: [Tensor?]) throws -> (values: [Double], shape: [Int]) {
        let (x, weight) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let (columns, depth) = (weight.shape[0], weight.shape[1])
        let (a, w) = (x.doubles, weight.doubles)
        let bias = inputs.count > 2 ? inputs[2]?.doubles : nil
        let rows = depth == 0 ? x.shape.dropLast().reduce(1, *) : a.count / depth
        var y = [Double](repeating: 0, count: rows * columns)
        for row in 0..<rows {
            for column in 0..<columns {
                var sum = bias?[column] ?? 0
                for k in 0..<depth { sum += a[row * depth + k] * w[column * depth + k] }
                y[row * columns + column] = sum
            }
        }
        return (y, x.shape.dropLast() + [columns])
    }
}
