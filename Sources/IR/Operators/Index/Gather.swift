/// Whole slices of a tensor, chosen by index: embedding lookup and the like.
package struct Gather: TensorOperator {
    package static let opName = "gather"

    package static let documentation = OperatorDocumentation(
        "Picks slices along one axis. Indices lie in 0 ..< size of the axis; others are an error.",
        formula: "y[p…, i…, q…] = x[p…, indices[i…], q…]",
        operands: ["x: any[p…, size, q…]", "indices: integer[i…]"], results: ["y: dtype of x[p…, i…, q…]"],
        attributes: ["axis": "dimension of x that the indices count, default 0"], onnx: "Gather, with non-negative indices")

    package static let facts: OperatorFacts = [.movement, .differentiable]

    package let axis: Int

    package init(axis: Int = 0) { self.axis = axis }

    package init(reading attributes: inout AttributeReader) throws { axis = try attributes.int("axis", default: 0) }

    package var attributes: Attributes { axis == 0 ? [:] : ["axis": .int(axis)] }

    package var packedOperands: [Int] { [0] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...2)
        let (x, indices) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "indices"))
        try Check.integer(indices, "indices")
        let axis = try Check.axis(axis, rank: x.rank)
        if x.layout != nil, axis != 0 || x.rank != 2 || x.dtype != .i8 {
            throw InferenceError("rows of 8-bit integers alone are picked from a packed weight, not axis \(axis) of \(x)")
        }
        return [TensorType(x.dtype, x.shape[..<axis] + indices.shape + x.shape[(axis + 1)...])]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs.dropFirst(), outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, indices) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let axis = try Check.axis(axis, rank: x.rank)
        let rows = try indices.indices(below: x.shape[axis])
        let (outer, size, inner) = x.split(at: axis)
        let picked = x.picking([outer, rows.count, inner]) { ($0[0] * size + rows[$0[1]]) * inner + $0[2] }
        return [try picked.shaped(Array(x.shape[..<axis] + indices.shape + x.shape[(axis + 1)...]))]
    }
}
