/// The gradient of a ``Resize``: each result's share goes back to the positions that it was made of.
package struct ResizeGradient: TensorOperator {
    package static let opName = "resize_gradient"

    package static let documentation = OperatorDocumentation(
        "Gradient of resizing: what each position of the resized picture changed goes back to those that it was made of, by their weights.",
        formula: "dx[n, c, j…] = Σ_i… weight(i…, j…) · dy[n, c, i…], with the weights of resize {size: sizes of dy}",
        operands: ["dy: float[n, c, d′…] with 1 to 3 spatial dimensions"], results: ["dx: dtype of dy[n, c, size…]"],
        attributes: Resize.documentation.attributes.merging(["size": "sizes before the picture was resized"]) { _, own in own },
        onnx: "the sum of the formula")

    package static let facts: OperatorFacts = .differentiable

    /// How the picture was resized, `size` being the one that it had.
    package let resize: Resize

    package init(_ resize: Resize) { self.resize = resize }

    package init(reading attributes: inout AttributeReader) throws { resize = try Resize(reading: &attributes) }

    package var attributes: Attributes { resize.attributes }

    /// The same over pictures of one row.
    package var overPictures: ResizeGradient { ResizeGradient(resize.overPictures) }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.float(try Check.operand(inputs, 0, "dy"), "dy")
        return try resize.infer(inputs)
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        resize.cost(outputs.map { $0 }, inputs.compactMap { $0 })
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let dy = try Tensor.operand(inputs, 0)
        let shape = dy.shape[..<2] + (try TensorType(dy.dtype, resize.size).sizes(binding))
        var (values, sizes) = (dy.doubles, dy.shape)
        for axis in 2..<sizes.count {
            let table = resize.taps(from: shape[axis], to: sizes[axis], axis: axis - 2)
            let (outer, inner) = (sizes[..<axis].reduce(1, *), sizes[(axis + 1)...].reduce(1, *))
            var sums = [Double](repeating: 0, count: outer * shape[axis] * inner)
            for line in 0..<outer {
                for tap in table.indices.indices {
                    let from = (line * sizes[axis] + tap / table.tapsPerPosition) * inner
                    let to = (line * shape[axis] + table.indices[tap]) * inner
                    for place in 0..<inner { sums[to + place] += table.weights[tap] * values[from + place] }
                }
            }
            (values, sizes[axis]) = (sums, shape[axis])
        }
        return [Tensor(values, Array(shape), as: dy.dtype)]
    }
}
