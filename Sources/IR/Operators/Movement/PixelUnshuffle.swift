/// Moves space into channels, as `torch.nn.PixelUnshuffle`: the inverse of ``PixelShuffle``.
package struct PixelUnshuffle: TensorOperator {
    package static let opName = "pixel_unshuffle"

    package static let documentation = OperatorDocumentation(
        "Gathers each block of r × r pixels into a run of r² channels.",
        formula: "y[n, c·r² + i·r + j, h, w] = x[n, c, h·r + i, w·r + j], r = factor",
        operands: ["x: any[n, c, h·r, w·r]"], results: ["y: as x[n, c·r², h, w]"], attributes: ["factor": "r, at least 1"],
        onnx: "Reshape, Transpose, Reshape (SpaceToDepth orders channels differently)")

    package static let facts: OperatorFacts = [.movement, .differentiable]

    package let factor: Int

    package init(factor: Int) { self.factor = factor }

    package init(reading attributes: inout AttributeReader) throws { factor = try attributes.int("factor") }

    package var attributes: Attributes { ["factor": .int(factor)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.rank(x, 4...4, "x")
        let r = Dim(factor)
        guard factor > 0, x.shape[2...].allSatisfy({ $0.remainder(by: r).value ?? 0 == 0 }) else {
            throw InferenceError("height and width of x (\(x)) must be multiples of factor = \(factor)")
        }
        return [x.with(shape: [x.shape[0], x.shape[1] * r * r, x.shape[2].floorDivided(by: r), x.shape[3].floorDivided(by: r)])]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let shape = try infer([x.type])[0].sizes([:])
        let strides = rowMajorStrides(x.shape)
        let r = factor
        return [
            x.picking(shape) { i in
                let row = i[2] * r + i[1] % (r * r) / r
                return i[0] * strides[0] + i[1] / (r * r) * strides[1] + row * strides[2] + i[3] * r + i[1] % r
            }
        ]
    }
}
