/// A tensor as a sequence of its parts.
package struct SplitToSequence: Operator {
    package static let opName = "split_to_sequence"

    package static let documentation = OperatorDocumentation(
        "Cuts a tensor into a sequence.", formula: "y = (parts of x along axis)",
        operands: ["x: any[…]", "split?: i64[] size of all parts but the last, or i64[n] sizes; 1 each, if absent"],
        results: ["y: seq<x, parts of other sizes as ?>"],
        attributes: [
            "axis": "dimension that is cut, default 0",
            "keep_dims": "keep dimension axis where parts have size 1 and split is absent, default true",
        ],
        onnx: "SplitToSequence")

    package let axis: Int
    package let keepDims: Bool

    package init(axis: Int = 0, keepDims: Bool = true) { (self.axis, self.keepDims) = (axis, keepDims) }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis", default: 0)
        keepDims = try attributes.bool("keep_dims", default: true)
    }

    package var attributes: Attributes {
        var fields: Attributes = [:]
        if axis != 0 { fields["axis"] = .int(axis) }
        if !keepDims { fields["keep_dims"] = .bool(false) }
        return fields
    }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 1...2)
        let x = try Check.tensor(operands, 0, "x")
        let axis = try Check.axis(axis, rank: x.rank)
        guard operands.count > 1, operands[1] != nil else {
            return [.sequence(.tensor(x.with(shape: Check.reduced(x.shape, axis: axis, keepDims: keepDims))))]
        }
        let split = try Check.tensor(operands, 1, "split")
        guard split.dtype == .i64 || split.dtype == .i32, split.rank <= 1 else {
            throw InferenceError("split must be i64[] or i64[n], not \(split)")
        }
        var shape = x.shape
        shape[axis] = .any
        return [.sequence(.tensor(x.with(shape: shape)))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        guard let x = operands[0]?.tensor else { throw EvaluationError("operand 0 is missing") }
        let axis = try Check.axis(axis, rank: x.rank)
        guard operands.count > 1, let split = operands[1]?.tensor else {
            return [
                .sequence(
                    try (0..<x.shape[axis]).map { position in
                        let part = try x.part(position, axis: axis)
                        return .tensor(keepDims ? try part.shaped(Check.reduced(x.shape, axis: axis, keepDims: true)) : part)
                    })
            ]
        }
        var start = 0
        return [
            .sequence(
                try sizes(split, x.shape[axis]).map { count in
                    defer { start += count }
                    return .tensor(x.slice(axis: axis, start: start, count: count, step: 1))
                })
        ]
    }

    private func sizes(_ split: Tensor, _ size: Int) throws -> [Int] {
        let given = split.integers
        if split.rank == 0, let width = given.first, width > 0 { return stride(from: 0, to: size, by: width).map { min(width, size - $0) } }
        guard split.rank == 1, given.allSatisfy({ $0 >= 0 && $0 <= size }), given.reduce(0, saturatingAdd) == size else {
            throw EvaluationError("parts of sizes \(given) do not fill dimension \(axis) of size \(size)")
        }
        return given
    }
}
