/// Group normalization (Wu & He, arXiv 1803.08494).
package struct GroupNorm: TensorOperator {
    package static let opName = "group_norm"

    package static let documentation = OperatorDocumentation(
        "Normalizes each group of channels to zero mean and unit variance, then scales and shifts each channel.",
        formula: "y = (x - mean(x)) / √(var(x) + eps) · weight[c] + bias[c], statistics over the channels of a group and all positions",
        operands: ["x: float[n, c, …]", "weight?: float[c]", "bias?: float[c]"], results: ["y: as x"],
        attributes: ["groups": "number of groups; divides c", "eps": "added to the variance"], onnx: "GroupNormalization")

    package static let facts: OperatorFacts = .differentiable

    package let groups: Int
    package let eps: Double

    package init(groups: Int, eps: Double) {
        self.groups = groups
        self.eps = eps
    }

    package init(reading attributes: inout AttributeReader) throws {
        groups = try attributes.int("groups")
        eps = try attributes.double("eps")
    }

    package var attributes: Attributes { ["groups": .int(groups), "eps": .float(eps)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...3)
        return [try GroupNorm.resultType(inputs, groups: groups)]
    }

    /// Checks operands 0 to 2; shared with the fused form.
    static func resultType(_ inputs: [TensorType?], groups: Int) throws -> TensorType {
        let x = try Check.operand(inputs, 0, "x")
        try Check.float(x, "x")
        guard x.rank >= 2 else { throw InferenceError("x must have at least two dimensions, not \(x)") }
        guard groups > 0, x.shape[1].remainder(by: Dim(groups)).value ?? 0 == 0 else {
            throw InferenceError("\(groups) groups do not divide the channels of \(x)")
        }
        for (index, name) in [(1, "weight"), (2, "bias")] {
            if let parameter = Check.optional(inputs, index) { try Check.shape(parameter, [x.shape[1]], name) }
        }
        return x
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .elementwise(inputs, outputs, perElement: 8) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        return [Tensor(try GroupNorm.normalized(inputs, groups: groups, eps: eps), x.shape, as: x.dtype)]
    }

    /// The normalized, scaled and shifted values; shared with the fused form.
    static func normalized(_ inputs: [Tensor?], groups: Int, eps: Double) throws -> [Double] {
        let x = try Tensor.operand(inputs, 0)
        let (channels, spatial) = (x.shape[1], x.shape[2...].reduce(1, *))
        let weight = inputs.count > 1 ? inputs[1]?.doubles : nil
        let bias = inputs.count > 2 ? inputs[2]?.doubles : nil
        let size = channels / groups * spatial
        var values = x.doubles
        for start in stride(from: 0, to: values.count, by: max(size, 1)) {
            let group = values[start..<start + size]
            let mean = group.reduce(0, +) / Double(size)
            let variance = group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
            let scale = 1 / (variance + eps).squareRoot()
            for index in start..<start + size {
                let channel = index / spatial % channels
                values[index] = (values[index] - mean) * scale * (weight?[channel] ?? 1) + (bias?[channel] ?? 0)
            }
        }
        return values
    }
}
