/// Moves channels into space (Shi et al., arXiv 1609.05158), as `torch.nn.PixelShuffle`.
package struct PixelShuffle: TensorOperator {
    package static let opName = "pixel_shuffle"

    package static let documentation = OperatorDocumentation(
        "Spreads each run of r² channels over a block of r × r pixels.",
        formula: "y[n, c, h·r + i, w·r + j] = x[n, c·r² + i·r + j, h, w], r = factor",
        operands: ["x: any[n, c·r², h, w]"], results: ["y: as x[n, c, h·r, w·r]"], attributes: ["factor": "r, at least 1"],
        onnx: "DepthToSpace(mode=CRD)")

    package static let facts: OperatorFacts = [.movement, .differentiable]

    package let factor: Int

    package init(factor: Int) { self.factor = factor }

    package init(reading attributes: inout AttributeReader) throws { factor = try attributes.int("factor") }

    package var attributes: Attributes { ["factor": .int(factor)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.rank(x, 4...4, "x")
        let block = saturatingMultiply(factor, factor)
        guard factor > 0, x.shape[1].remainder(by: Dim(block)).value ?? 0 == 0 else {
            throw InferenceError("\(x.shape[1]) channels of x (\(x)) are no multiple of factor² = \(block)")
        }
        let r = Dim(factor)
        return [x.with(shape: [x.shape[0], x.shape[1].floorDivided(by: Dim(block)), x.shape[2] * r, x.shape[3] * r])]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let shape = try infer([x.type])[0].sizes([:])
        let strides = rowMajorStrides(x.shape)
        let r = factor
        return [
            x.picking(shape) { i in
                let channel = i[1] * r * r + i[2] % r * r + i[3] % r
                return i[0] * strides[0] + channel * strides[1] + i[2] / r * strides[2] + i[3] / r
            }
        ]
    }
}
