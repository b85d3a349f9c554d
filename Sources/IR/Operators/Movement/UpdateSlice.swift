/// Writes a block into a tensor at a position known only when it runs: appending to key and value caches.
package struct UpdateSlice: TensorOperator {
    package static let opName = "update_slice"

    package static let documentation = OperatorDocumentation(
        "A copy of x with a block replaced; lowered in place. A block that does not lie inside x is an error.",
        formula: "y = x; y[i + offsets, with position added along axis] = update[i]",
        operands: ["x: any[…]", "update: as x, same rank, sizes at most those of x", "position: i64[1]"], results: ["y: as x"],
        attributes: ["axis": "dimension along which position counts", "offsets": "where the block begins in each dimension"],
        onnx: "ScatterND over computed indices; TensorScatter from opset 24")

    package static let facts: OperatorFacts = [.movement, .differentiable]

    package let axis: Int
    package let offsets: [Int]

    package init(axis: Int, offsets: [Int]) {
        self.axis = axis
        self.offsets = offsets
    }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis")
        offsets = try attributes.ints("offsets")
    }

    package var attributes: Attributes { ["axis": .int(axis), "offsets": .ints(offsets)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 3...3)
        let (x, update) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "update"))
        let position = try Check.operand(inputs, 2, "position")
        try Check.dtype(update, x.dtype, "update")
        try Check.rank(update, x.rank...x.rank, "update")
        try Check.dtype(position, .i64, "position")
        try Check.shape(position, [1], "position")
        _ = try Check.axis(axis, rank: x.rank)
        guard offsets.count == x.rank, offsets.allSatisfy({ $0 >= 0 }) else {
            throw InferenceError("offsets must be \(x.rank) numbers of at least 0, one for each dimension of x")
        }
        for dimension in x.shape.indices {
            let room = x.shape[dimension] - update.shape[dimension] - Dim(offsets[dimension])
            try Check.atLeastZero(room, "update (\(update)) at \(offsets) does not lie inside x (\(x))")
        }
        return [x]
    }

    /// Lowered in place: only the block moves.
    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        let update = inputs.count > 1 ? inputs[1] : nil
        return Cost(flops: 0, bytes: Cost.traffic([update], []) * 2)
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, update) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let axis = try Check.axis(axis, rank: x.rank)
        var start = offsets
        start[axis] = saturatingAdd(start[axis], try Tensor.operand(inputs, 2).integers.first ?? 0)
        for dimension in x.shape.indices {
            guard start[dimension] >= 0, start[dimension] <= x.shape[dimension] - update.shape[dimension] else {
                throw EvaluationError("\(update.type) at \(start) does not lie inside \(x.type)")
            }
        }
        var source = Array(0..<x.count)
        let strides = rowMajorStrides(x.shape)
        var next = x.count
        forEachIndex(update.shape) { index in
            source[offset(index, strides) + offset(start, strides)] = next
            next += 1
        }
        return [try Tensor.joined([x, update]).picking([x.count]) { source[$0[0]] }.shaped(x.shape)]
    }
}
