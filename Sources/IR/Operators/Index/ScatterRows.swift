/// Writes or adds whole rows at chosen places: the inverse of an embedding lookup.
package struct ScatterRows: TensorOperator {
    package static let opName = "scatter_rows"

    package static let documentation = OperatorDocumentation(
        "A copy of x with rows replaced, or added to; of equal indices the last wins, or all are added in order. "
            + "Indices lie in 0 ..< n; others are an error.",
        formula: "y = x; y[indices[i], …] = updates[i, …], or += with add",
        operands: ["x: any[n, …]", "indices: integer[m]", "updates: dtype of x[m, …]"], results: ["y: as x"],
        attributes: ["add": "add to the row instead of replacing it, default false; not for bool"],
        onnx: "ScatterND with indices[:, None], reduction none or add")

    package static let facts: OperatorFacts = .differentiable

    package let add: Bool

    package init(add: Bool = false) { self.add = add }

    package init(reading attributes: inout AttributeReader) throws { add = try attributes.bool("add") }

    package var attributes: Attributes { add ? ["add": .bool(true)] : [:] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 3...3)
        let (x, indices) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "indices"))
        let updates = try Check.operand(inputs, 2, "updates")
        guard x.rank >= 1 else { throw InferenceError("x must have at least one dimension") }
        try Check.integer(indices, "indices")
        try Check.rank(indices, 1...1, "indices")
        try Check.dtype(updates, x.dtype, "updates")
        try Check.shape(updates, indices.shape + x.shape.dropFirst(), "updates")
        if add && x.dtype == .bool { throw InferenceError("bools cannot be added") }
        return [x]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, indices) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let updates = try Tensor.operand(inputs, 2)
        let rows = try indices.indices(below: x.shape.first ?? 0)
        let width = x.shape.dropFirst().reduce(1, *)
        if !add {
            var source = Array(0..<x.count)
            for (i, row) in rows.enumerated() { for c in 0..<width { source[row * width + c] = x.count + i * width + c } }
            return [try Tensor.joined([x, updates]).picking([x.count]) { source[$0[0]] }.shaped(x.shape)]
        }
        if x.dtype.isFloat {
            var values = x.doubles
            let more = updates.doubles
            for (i, row) in rows.enumerated() { for c in 0..<width { values[row * width + c] += more[i * width + c] } }
            return [Tensor(values, x.shape, as: x.dtype)]
        }
        var values = x.integers
        let more = updates.integers
        for (i, row) in rows.enumerated() {
            for c in 0..<width { values[row * width + c] = values[row * width + c] &+ more[i * width + c] }
        }
        return [Tensor(integers: values, x.shape, as: x.dtype)]
    }
}
