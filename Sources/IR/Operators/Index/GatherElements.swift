/// Single elements chosen by an index each, as `torch.gather`.
package struct GatherElements: TensorOperator {
    package static let opName = "gather_elements"

    package static let documentation = OperatorDocumentation(
        "Picks one element along one axis for each index. Indices lie in 0 ..< size of the axis; others are an error.",
        formula: "y[p…, i, q…] = x[p…, indices[p…, i, q…], q…]",
        operands: ["x: any[…]", "indices: integer[…], same rank, at most the sizes of x except along axis"],
        results: ["y: dtype of x[shape of indices]"], attributes: ["axis": "dimension of x that the indices count"],
        onnx: "GatherElements, with non-negative indices")

    package static let facts: OperatorFacts = [.movement, .differentiable]

    package let axis: Int

    package init(axis: Int) { self.axis = axis }

    package init(reading attributes: inout AttributeReader) throws { axis = try attributes.int("axis") }

    package var attributes: Attributes { ["axis": .int(axis)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...2)
        let (x, indices) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "indices"))
        try Check.elementIndices(indices, into: x, axis: axis)
        return [TensorType(x.dtype, indices.shape)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs.dropFirst(), outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, indices) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let positions = try indices.elementPositions(in: x, axis: try Check.axis(axis, rank: x.rank))
        return [try x.picking([positions.count]) { positions[$0[0]] }.shaped(indices.shape)]
    }
}
