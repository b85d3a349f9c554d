/// A range of one axis.
package struct Slice: TensorOperator {
    package static let opName = "slice"

    package static let documentation = OperatorDocumentation(
        "Takes every `step`-th position of a range of one axis.", formula: "y[…, i, …] = x[…, start + i·step, …]",
        operands: ["x: any[…]"], results: ["y: as x, size along axis ⌈(end - start) / step⌉"],
        attributes: [
            "axis": "dimension that is cut", "start": "first position", "end": "position after the last; 0 ≤ start ≤ end ≤ size",
            "step": "distance of positions, at least 1, default 1",
        ],
        onnx: "Slice of one axis with a positive step")

    package static let facts: OperatorFacts = [.view, .movement, .differentiable]

    package let axis: Int
    package let start: Dim
    package let end: Dim
    package let step: Int

    package init(axis: Int, start: Dim, end: Dim, step: Int = 1) {
        self.axis = axis
        self.start = start
        self.end = end
        self.step = step
    }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis")
        start = try attributes.dim("start")
        end = try attributes.dim("end")
        step = try attributes.int("step", default: 1)
    }

    package var attributes: Attributes {
        let fields: Attributes = ["axis": .int(axis), "start": .dim(start), "end": .dim(end)]
        return step == 1 ? fields : fields.merging(["step": .int(step)]) { first, _ in first }
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        let axis = try Check.axis(axis, rank: x.rank)
        guard step >= 1 else { throw InferenceError("step must be at least 1, not \(step)") }
        for room in [start, end - start, x.shape[axis] - end] {
            try Check.atLeastZero(room, "the range \(start) ..< \(end) does not lie in dimension \(axis) of x (\(x))")
        }
        var shape = x.shape
        shape[axis] = (end - start).ceilDivided(by: Dim(step))
        return [x.with(shape: shape)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement([], outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let axis = try Check.axis(axis, rank: x.rank)
        let (first, last) = (try start.evaluate(binding), try end.evaluate(binding))
        guard first >= 0, first <= last, last <= x.shape[axis] else {
            throw EvaluationError("the range \(first) ..< \(last) does not lie in dimension \(axis) of \(x.type)")
        }
        let count = (last - first) / step + ((last - first) % step == 0 ? 0 : 1)
        return [x.slice(axis: axis, start: first, count: count, step: step)]
    }
}
