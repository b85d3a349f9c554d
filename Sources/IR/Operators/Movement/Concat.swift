/// Joins tensors along one axis.
package struct Concat: TensorOperator {
    package static let opName = "concat"

    package static let documentation = OperatorDocumentation(
        "Puts tensors one behind the other along one axis.", formula: "y = [x0, x1, …] along axis",
        operands: ["x0: any[…]", "x1…: as x0, sizes may differ along axis"], results: ["y: as x0, sizes along axis added"],
        attributes: ["axis": "dimension along which they are joined"], onnx: "Concat")

    package static let facts: OperatorFacts = [.movement, .differentiable]

    package let axis: Int

    package init(axis: Int) { self.axis = axis }

    package init(reading attributes: inout AttributeReader) throws { axis = try attributes.int("axis") }

    package var attributes: Attributes { ["axis": .int(axis)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        let first = try Check.operand(inputs, 0, "x0")
        let axis = try Check.axis(axis, rank: first.rank)
        var shape = first.shape
        for index in inputs.indices.dropFirst() {
            let x = try Check.operand(inputs, index, "x\(index)")
            try Check.dtype(x, first.dtype, "x\(index)")
            try Check.rank(x, first.rank...first.rank, "x\(index)")
            var expected = first.shape
            expected[axis] = x.shape[axis]
            try Check.shape(x, expected, "x\(index)")
            shape[axis] = shape[axis] + x.shape[axis]
        }
        return [TensorType(first.dtype, shape)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let parts = try inputs.indices.map { try Tensor.operand(inputs, $0) }
        guard let first = parts.first else { throw EvaluationError("there is nothing to join") }
        let axis = try Check.axis(axis, rank: first.rank)
        var shape = first.shape
        shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
        let (outer, _, inner) = first.split(at: axis)
        if outer == 1 { return [try Tensor.joined(parts).shaped(shape)] }
        var source: [Int] = []
        for row in 0..<outer {
            var start = 0
            for part in parts {
                let width = part.shape[axis] * inner
                source.append(contentsOf: start + row * width..<start + (row + 1) * width)
                start += part.count
            }
        }
        return [try Tensor.joined(parts).picking([source.count]) { source[$0[0]] }.shaped(shape)]
    }
}
