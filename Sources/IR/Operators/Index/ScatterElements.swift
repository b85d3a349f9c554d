/// Overwrites single elements chosen by an index each, as `torch.scatter`.
package struct ScatterElements: TensorOperator {
    package static let opName = "scatter_elements"

    package static let documentation = OperatorDocumentation(
        "A copy of x with one element along one axis replaced for each index; of equal indices the last wins. "
            + "Indices lie in 0 ..< size of the axis; others are an error.",
        formula: "y = x; y[p…, indices[p…, i, q…], q…] = updates[p…, i, q…]",
        operands: [
            "x: any[…]", "indices: integer[…], same rank, at most the sizes of x except along axis",
            "updates: dtype of x[shape of indices]",
        ],
        results: ["y: as x"], attributes: ["axis": "dimension of x that the indices count"],
        onnx: "ScatterElements(reduction=none), with non-negative indices")

    package static let facts: OperatorFacts = [.movement, .differentiable]

    package let axis: Int

    package init(axis: Int) { self.axis = axis }

    package init(reading attributes: inout AttributeReader) throws { axis = try attributes.int("axis") }

    package var attributes: Attributes { ["axis": .int(axis)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 3...3)
        let (x, indices) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "indices"))
        let updates = try Check.operand(inputs, 2, "updates")
        try Check.elementIndices(indices, into: x, axis: axis)
        try Check.dtype(updates, x.dtype, "updates")
        try Check.shape(updates, indices.shape, "updates")
        return [x]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, indices) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let updates = try Tensor.operand(inputs, 2)
        let positions = try indices.elementPositions(in: x, axis: try Check.axis(axis, rank: x.rank))
        var source = Array(0..<x.count)
        for (index, position) in positions.enumerated() { source[position] = x.count + index }
        return [try Tensor.joined([x, updates]).picking([x.count]) { source[$0[0]] }.shaped(x.shape)]
    }
}
