/// ``GroupNorm`` with a modulation of each channel and SiLU behind it, as diffusion networks use it.
package struct FusedGroupNorm: FusedOperator {
    package static let opName = "fused_group_norm"

    package static let documentation = OperatorDocumentation(
        "Group normalization, then a scale and shift of each sample's channels, then SiLU.",
        formula: "y = silu(group_norm(x, weight, bias) · (1 + scale) + shift); without silu the plain sum",
        operands: ["x: float[n, c, …]", "weight?: float[c]", "bias?: float[c]", "scale?: float[n, c]", "shift?: float[n, c]"],
        results: ["y: as x"],
        attributes: [
            "groups": "number of groups; divides c", "eps": "added to the variance", "silu": "apply SiLU at the end, default false",
        ],
        onnx: "GroupNormalization, Mul, Add, then Mul by Sigmoid")

    package static let facts: OperatorFacts = .differentiable

    package let groups: Int
    package let eps: Double
    package let silu: Bool

    package init(groups: Int, eps: Double, silu: Bool) {
        self.groups = groups
        self.eps = eps
        self.silu = silu
    }

    package init(reading attributes: inout AttributeReader) throws {
        groups = try attributes.int("groups")
        eps = try attributes.double("eps")
        silu = try attributes.bool("silu")
    }

    package var attributes: Attributes {
        var fields: Attributes = ["groups": .int(groups), "eps": .float(eps)]
        if silu { fields["silu"] = .bool(true) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...5)
        let x = try GroupNorm.resultType(inputs, groups: groups)
        for (index, name) in [(3, "scale"), (4, "shift")] {
            guard let operand = Check.optional(inputs, index) else { continue }
            try Check.float(operand, name)
            try Check.shape(operand, Array(x.shape[..<2]), name)
        }
        return [x]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        .elementwise(inputs, outputs, perElement: 10 + (silu ? Silu.flops : 0))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let scale = inputs.count > 3 ? inputs[3]?.doubles : nil
        let shift = inputs.count > 4 ? inputs[4]?.doubles : nil
        var values = try GroupNorm.normalized(inputs, groups: groups, eps: eps)
        let positions = x.shape[2...].reduce(1, *)
        for index in values.indices {
            // Index into [n, c].
            let channel = index / positions
            let factor = 1 + (scale?[channel] ?? 0)
            let value = values[index] * factor + (shift?[channel] ?? 0)
            values[index] = silu ? Silu.apply(value) : value
        }
        return [Tensor(values, x.shape, as: x.dtype)]
    }
}
