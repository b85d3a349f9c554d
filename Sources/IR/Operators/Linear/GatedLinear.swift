/// Two dense layers of one input, one gating the other (Shazeer, "GLU variants improve transformer", arXiv 2002.05202).
package struct GatedLinear: FusedOperator {
    package static let opName = "gated_linear"

    package static let documentation = OperatorDocumentation(
        "Product of an activated and a plain affine map of the last dimension.",
        formula: "y = activation(x·gate_weightᵀ + gate_bias) · (x·up_weightᵀ + up_bias)",
        operands: [
            "x: float[…, k]", "gate_weight: float[n, k]", "up_weight: float[n, k]", "gate_bias?: float[n]", "up_bias?: float[n]",
        ],
        results: ["y: dtype of x[…, n]"], attributes: ["activation": Activation.documentation],
        onnx: "MatMul, Add, the activation; MatMul, Add; Mul of both")

    package static let facts: OperatorFacts = .differentiable

    package let activation: Activation

    package init(activation: Activation) { self.activation = activation }

    package init(reading attributes: inout AttributeReader) throws {
        activation = try attributes.choice("activation", default: Activation.none)
    }

    package var attributes: Attributes { activation == .none ? [:] : ["activation": .string(activation.rawValue)] }

    /// Operands of the two layers as ``Linear`` takes them.
    private func layers<Operand>(_ inputs: [Operand?]) -> (gate: [Operand?], up: [Operand?]) {
        let all = inputs + [Operand?](repeating: nil, count: max(5 - inputs.count, 0))
        return ([all[0], all[1], all[3]], [all[0], all[2], all[4]])
    }

    package var packedOperands: [Int] { [1, 2] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 3...5)
        let (gate, up) = layers(inputs)
        let y = try Linear.resultType(gate)
        guard try Linear.resultType(up).shape == y.shape else {
            throw InferenceError("gate_weight and up_weight must have the same shape")
        }
        return [y]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        let products = Linear.cost(inputs, outputs)
        let elements = outputs.reduce(0) { $0 + $1.elementCount }
        return Cost(flops: products.flops * 2 + elements * Dim(activation.flops + 1), bytes: products.bytes)
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (gate, up) = layers(inputs)
        let (gates, shape) = try Linear.product(gate)
        let values = zip(gates, try Linear.product(up).values).map { activation.apply($0) * $1 }
        return [Tensor(values, shape, as: try Tensor.operand(inputs, 0).dtype)]
    }
}
