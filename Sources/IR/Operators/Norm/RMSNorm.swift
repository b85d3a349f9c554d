/// Root mean square normalization over the last dimension (Zhang & Sennrich, arXiv 1910.07467).
package struct RMSNorm: TensorOperator {
    package static let opName = "rms_norm"

    package static let documentation = OperatorDocumentation(
        "Divides each row by its root mean square, then scales.", formula: "y = x / √(mean(x²) + eps) · weight, over the last dimension",
        operands: ["x: float[…, c]", "weight?: float[c]"], results: ["y: as x"], attributes: ["eps": "added to the mean square"],
        onnx: "RMSNormalization")

    package static let facts: OperatorFacts = .differentiable

    package let eps: Double

    package init(eps: Double) { self.eps = eps }

    package init(reading attributes: inout AttributeReader) throws { eps = try attributes.double("eps") }

    package var attributes: Attributes { ["eps": .float(eps)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...2)
        let x = try Check.operand(inputs, 0, "x")
        try Check.float(x, "x")
        guard let channels = x.shape.last else { throw InferenceError("x must have at least one dimension") }
        if let weight = Check.optional(inputs, 1) {
            try Check.float(weight, "weight")
            try Check.shape(weight, [channels], "weight")
        }
        return [x]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .elementwise(inputs, outputs, perElement: 5) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let channels = x.shape.last ?? 1
        let weight = inputs.count > 1 ? inputs[1]?.doubles : nil
        var values = x.doubles
        for start in stride(from: 0, to: values.count, by: max(channels, 1)) {
            let square = values[start..<start + channels].reduce(0) { $0 + $1 * $1 } / Double(channels)
            let scale = 1 / (square + eps).squareRoot()
            for c in 0..<channels { values[start + c] *= scale * (weight?[c] ?? 1) }
        }
        return [Tensor(values, x.shape, as: x.dtype)]
    }
}
