/// Cuts a tensor along one axis.
package struct Split: TensorOperator {
    package static let opName = "split"

    package static let documentation = OperatorDocumentation(
        "Cuts a tensor into consecutive parts along one axis.", formula: "[y0, y1, …] along axis = x",
        operands: ["x: any[…]"], results: ["y0, y1, …: as x, sizes along axis as `sizes` says"],
        attributes: ["axis": "dimension that is cut", "sizes": "size of each part along axis; they sum to the size of x"],
        onnx: "Split")

    package static let facts: OperatorFacts = [.view, .movement, .differentiable]

    package let axis: Int
    package let sizes: [Dim]

    package init(axis: Int, sizes: [Dim]) {
        self.axis = axis
        self.sizes = sizes
    }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis")
        sizes = try attributes.dims("sizes")
    }

    package var attributes: Attributes { ["axis": .int(axis), "sizes": .dims(sizes)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        let axis = try Check.axis(axis, rank: x.rank)
        let sum = sizes.reduce(0, +)
        try Check.mayEqual(sum, x.shape[axis], "the parts sum to \(sum), but x (\(x)) has size \(x.shape[axis])")
        return try sizes.map { size in
            try Check.atLeastZero(size, "a part cannot have size \(size)")
            var shape = x.shape
            shape[axis] = size
            return TensorType(x.dtype, shape)
        }
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let axis = try Check.axis(axis, rank: x.rank)
        let sizes = try sizes.map { try $0.evaluate(binding) }
        guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(0, saturatingAdd) == x.shape[axis] else {
            throw EvaluationError("parts of \(sizes) do not cut \(x.type) along \(axis)")
        }
        var start = 0
        return sizes.map { size in
            defer { start += size }
            return x.slice(axis: axis, start: start, count: size, step: 1)
        }
    }
}
