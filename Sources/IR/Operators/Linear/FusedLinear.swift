/// ``Linear`` with what usually follows it.
package struct FusedLinear: FusedOperator {
    package static let opName = "fused_linear"

    package static let documentation = OperatorDocumentation(
        "Affine map of the last dimension, then an activation, a gate and a residual.",
        formula: "y = activation(x·weightᵀ + bias) · gate + residual",
        operands: ["x: float[…, k]", "weight: float[n, k]", "bias?: float[n]", "gate?: float[…, n]", "residual?: float[…, n]"],
        results: ["y: dtype of x[…, n]"], 
        attributes: ["activation": Activation.documentation, RoundedOperands.attribute: RoundedOperands.documentation],
        onnx: "MatMul, Add, the activation, Mul, Add")

    package static let facts: OperatorFacts = .differentiable

    package let activation: Activation
    /// Whether x and weight are rounded; see ``RoundedOperands``.
    package let bf16: Bool

    package init(activation: Activation = .none, bf16: Bool = false) { (self.activation, self.bf16) = (activation, bf16) }

    package init(reading attributes: inout AttributeReader) throws {
        activation = try attributes.choice("activation", default: Activation.none)
        bf16 = try attributes.bool(RoundedOperands.attribute)
    }

    package var attributes: Attributes {
        var fields = RoundedOperands.attributes(bf16)
        if activation != .none { fields["activation"] = .string(activation.rawValue) }
        return fields
    }

    package var packedOperands: [Int] { [1] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...5)
        if bf16 { try RoundedOperands.check(inputs) }
        let y = try Linear.resultType(inputs)
        for (index, name) in [(3, "gate"), (4, "residual")] {
            guard let operand = Check.optional(inputs, index) else { continue }
            try Check.float(operand, name)
            try Check.shape(operand, y.shape, name)
        }
        return [y]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        var cost = Linear.cost(inputs, outputs)
        cost.flops = cost.flops + outputs.reduce(0) { $0 + $1.elementCount } * Dim(activation.flops + inputs.dropFirst(3).count)
        return cost
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (product, shape) = try Linear.product(RoundedOperands.values(inputs, bf16))
        var values = product.map(activation.apply)
        if inputs.count > 3, let gate = inputs[3]?.doubles { for index in values.indices { values[index] *= gate[index] } }
        if inputs.count > 4, let residual = inputs[4]?.doubles { for index in values.indices { values[index] += residual[index] } }
        return [Tensor(values, shape, as: try Tensor.operand(inputs, 0).dtype)]
    }
}
