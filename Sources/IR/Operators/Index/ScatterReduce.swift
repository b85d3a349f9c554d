/// Joins single elements with those at places chosen by an index each, as `torch.scatter_reduce`.
package struct ScatterReduce: TensorOperator {
    package static let opName = "scatter_reduce"

    package static let documentation = OperatorDocumentation(
        "A copy of x whose elements are joined, along one axis, with every update that an index sends there, in order. "
            + "Indices lie in 0 ..< size of the axis; others are an error.",
        formula: "y = x; y[p…, indices[p…, i, q…], q…] ∘= updates[p…, i, q…]",
        operands: [
            "x: any but string[…]", "indices: integer[…], same rank, at most the sizes of x except along axis",
            "updates: dtype of x[shape of indices]",
        ],
        results: ["y: as x"],
        attributes: [
            "axis": "dimension of x that the indices count",
            "reduction": "add, mul, max or min; for bool or, and, or, and; NaN stays NaN",
        ],
        onnx: "ScatterElements and ScatterND with a reduction, and non-negative indices")

    package enum Reduction: String, Sendable, CaseIterable { case add, mul, max, min }

    package let reduction: Reduction
    package let axis: Int

    package init(_ reduction: Reduction, axis: Int) { (self.reduction, self.axis) = (reduction, axis) }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis")
        let name = try attributes.string("reduction")
        guard let known = Reduction(rawValue: name) else { throw AttributeError("the reduction '\(name)' of scatter_reduce is not known") }
        reduction = known
    }

    package var attributes: Attributes { ["axis": .int(axis), "reduction": .string(reduction.rawValue)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 3...3)
        let (x, indices) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "indices"))
        let updates = try Check.operand(inputs, 2, "updates")
        guard x.dtype != .string else { throw InferenceError("strings cannot be joined by \(reduction.rawValue)") }
        try Check.elementIndices(indices, into: x, axis: axis)
        try Check.dtype(updates, x.dtype, "updates")
        try Check.shape(updates, indices.shape, "updates")
        return [x]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        [try joined(try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1), try Tensor.operand(inputs, 2))]
    }

    private func joined(_ x: Tensor, _ indices: Tensor, _ updates: Tensor) throws -> Tensor {
        let positions = try indices.elementPositions(in: x, axis: try Check.axis(axis, rank: x.rank))
        switch (x.elements, updates.elements) {
        case (.floats(var values), .floats(let more)):
            for (index, position) in positions.enumerated() { values[position] = joined(values[position], more[index]) }
            return Tensor(values, x.shape, as: x.dtype)
        case (.unsigned(var values), .unsigned(let more)):
            for (index, position) in positions.enumerated() { values[position] = joined(values[position], more[index]) }
            return Tensor(naturals: values, x.shape, as: x.dtype)
        default:
            var values = x.integers
            let more = updates.integers
            for (index, position) in positions.enumerated() { values[position] = joined(values[position], more[index]) }
            return Tensor(integers: values, x.shape, as: x.dtype)
        }
    }

    private func joined(_ a: Double, _ b: Double) -> Double {
        switch reduction {
        case .add: a + b
        case .mul: a * b
        case .max: a.isNaN || b.isNaN ? .nan : Swift.max(a, b)
        case .min: a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
        }
    }

    private func joined<T: FixedWidthInteger>(_ a: T, _ b: T) -> T {
        switch reduction {
        case .add: a &+ b
        case .mul: a &* b
        case .max: Swift.max(a, b)
        case .min: Swift.min(a, b)
        }
    }
}
