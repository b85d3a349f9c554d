/// The largest elements in falling order.
package struct TopK: TensorOperator {
    package static let opName = "top_k"

    package static let documentation = OperatorDocumentation(
        "The k largest elements along one axis in falling order, with their indices; of equals the lower index comes first, "
            + "NaN counts as largest.",
        formula: "values[i] = x[indices[i]], the i-th largest along axis", operands: ["x: float or integer[…]"],
        results: ["values: as x, size k along axis", "indices: i64, same shape"],
        attributes: ["k": "how many; at most the size of the axis", "axis": "dimension that is searched, default -1"],
        onnx: "TopK(largest=1, sorted=1)")

    package static let facts: OperatorFacts = [.movement, .differentiable]

    package let k: Int
    package let axis: Int

    package init(k: Int, axis: Int = -1) {
        self.k = k
        self.axis = axis
    }

    package init(reading attributes: inout AttributeReader) throws {
        k = try attributes.int("k")
        axis = try attributes.int("axis", default: -1)
    }

    package var attributes: Attributes { axis == -1 ? ["k": .int(k)] : ["k": .int(k), "axis": .int(axis)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        guard x.dtype.isNumber else { throw InferenceError("x must be a float or integer tensor, not \(x)") }
        let axis = try Check.axis(axis, rank: x.rank)
        guard k >= 0 else { throw InferenceError("k must be at least 0, not \(k)") }
        try Check.atLeastZero(x.shape[axis] - Dim(k), "dimension \(axis) of x (\(x)) has fewer than \(k) elements")
        var shape = x.shape
        shape[axis] = Dim(k)
        return [TensorType(x.dtype, shape), TensorType(.i64, shape)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        Cost(flops: inputs.reduce(0) { $0 + ($1?.elementCount ?? 0) }, bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let axis = try Check.axis(axis, rank: x.rank)
        guard k <= x.shape[axis] else { throw EvaluationError("dimension \(axis) of \(x.type) has fewer than \(k) elements") }
        let elements = x.elements
        func precedes(_ i: Int, _ j: Int) -> Bool {
            switch elements {
            case .signed(let values): return (values[j], i) < (values[i], j)
            case .unsigned(let values): return (values[j], i) < (values[i], j)
            case .floats(let values):
                if values[i].isNaN || values[j].isNaN { return values[i].isNaN && (!values[j].isNaN || i < j) }
                return (values[j], i) < (values[i], j)
            }
        }
        let (_, _, inner) = x.split(at: axis)
        var shape = x.shape
        shape[axis] = k
        var indices = [Int](repeating: 0, count: Tensor.elementCount(shape) ?? 0)
        var sources = indices
        var lineNumber = 0
        x.forEachLine(along: axis) { line in
            let start = lineNumber / inner * k * inner + lineNumber % inner
            for (rank, source) in line.sorted(by: precedes).prefix(k).enumerated() {
                sources[start + rank * inner] = source
                indices[start + rank * inner] = (source - line.start) / line.step
            }
            lineNumber += 1
        }
        let values = try x.picking([sources.count]) { sources[$0[0]] }.shaped(shape)
        return [values, Tensor(integers: indices, shape)]
    }
}
