/// Layer normalization over the last dimension (Ba et al., arXiv 1607.06450).
package struct LayerNorm: TensorOperator {
    package static let opName = "layer_norm"

    package static let documentation = OperatorDocumentation(
        "Normalizes each row to zero mean and unit variance, then scales and shifts.",
        formula: "y = (x - mean(x)) / √(var(x) + eps) · weight + bias, statistics over the last dimension",
        operands: ["x: float[…, c]", "weight?: float[c]", "bias?: float[c]"], results: ["y: as x"],
        attributes: ["eps": "added to the variance"], onnx: "LayerNormalization(axis=-1)")

    package static let facts: OperatorFacts = .differentiable

    package let eps: Double

    package init(eps: Double) { self.eps = eps }

    package init(reading attributes: inout AttributeReader) throws { eps = try attributes.double("eps") }

    package var attributes: Attributes { ["eps": .float(eps)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...3)
        let x = try Check.operand(inputs, 0, "x")
        try Check.float(x, "x")
        guard let channels = x.shape.last else { throw InferenceError("x must have at least one dimension") }
        for (index, name) in [(1, "weight"), (2, "bias")] {
            guard let parameter = Check.optional(inputs, index) else { continue }
            try Check.float(parameter, name)
            try Check.shape(parameter, [channels], name)
        }
        return [x]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        .elementwise(inputs, outputs, perElement: 8)
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let channels = x.shape.last ?? 1
        let weight = inputs.count > 1 ? inputs[1]?.doubles : nil
        let bias = inputs.count > 2 ? inputs[2]?.doubles : nil
        var values = x.doubles
        for start in stride(from: 0, to: values.count, by: max(channels, 1)) {
            let row = values[start..<start + channels]
            let mean = row.reduce(0, +) / Double(channels)
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(channels)
            let scale = 1 / (variance + eps).squareRoot()
            for c in 0..<channels {
                values[start + c] = (values[start + c] - mean) * scale * (weight?[c] ?? 1) + (bias?[c] ?? 0)
            }
        }
        return [Tensor(values, x.shape, as: x.dtype)]
    }
}
