/// Surrounds a tensor with values.
package struct Pad: TensorOperator {
    /// What stands in the margin.
    package enum Mode: String, Sendable, CaseIterable {
        /// A given value.
        case constant
        /// The mirror image, without the edge itself; each margin is smaller than the size.
        case reflect
        /// The nearest element of the edge.
        case edge
    }

    package static let opName = "pad"

    package static let documentation = OperatorDocumentation(
        "Adds a margin before and after each dimension.",
        formula: "y[i] = x[i - before] where that exists; else value, or x[mirrored i], or x[clamped i]",
        operands: ["x: any[…]"], results: ["y: as x, sizes before + size + after"],
        attributes: [
            "before": "margin before each dimension", "after": "margin after each dimension",
            "mode": "'constant' (default), 'reflect' or 'edge'", "value": "what mode 'constant' writes, default 0",
        ],
        onnx: "Pad with non-negative pads")

    package static let facts: OperatorFacts = [.movement, .differentiable]

    package let before: [Int]
    package let after: [Int]
    package let mode: Mode
    package let value: Scalar

    package init(before: [Int], after: [Int], mode: Mode = .constant, value: Scalar = 0) {
        self.before = before
        self.after = after
        self.mode = mode
        self.value = value
    }

    package init(reading attributes: inout AttributeReader) throws {
        before = try attributes.ints("before")
        after = try attributes.ints("after")
        mode = try attributes.choice("mode", default: .constant)
        value = try attributes.scalar("value", default: 0)
    }

    package var attributes: Attributes {
        var fields: Attributes = ["before": .ints(before), "after": .ints(after)]
        if mode != .constant { fields["mode"] = .string(mode.rawValue) }
        if !value.isPlainZero { fields["value"] = value.attribute }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        guard before.count == x.rank, after.count == x.rank, (before + after).allSatisfy({ $0 >= 0 }) else {
            throw InferenceError("before and after must be \(x.rank) margins of at least 0 each, one for each dimension of x")
        }
        for (axis, size) in x.shape.enumerated() where mode != .constant && before[axis] + after[axis] > 0 {
            let needed = mode == .edge ? 1 : max(before[axis], after[axis]) + 1
            try Check.atLeastZero(
                size - Dim(needed), "mode '\(mode.rawValue)' needs at least \(needed) positions in dimension \(axis) of x (\(x))")
        }
        return [TensorType(x.dtype, x.shape.indices.map { x.shape[$0] + Dim(before[$0]) + Dim(after[$0]) })]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let shape = try infer([x.type])[0].sizes([:])
        let strides = rowMajorStrides(x.shape)
        // The padding value stands behind the last element of x.
        let source = try Tensor.joined([x, value.tensor(x.dtype)])
        return [
            source.picking(shape) { index in
                var position = 0
                for axis in index.indices {
                    guard let own = place(index[axis] - before[axis], x.shape[axis]) else { return x.count }
                    position += own * strides[axis]
                }
                return position
            }
        ]
    }

    /// Position in x for a position that may lie outside; nil for the padding value.
    private func place(_ position: Int, _ size: Int) -> Int? {
        if position >= 0 && position < size { return position }
        switch mode {
        case .constant: return nil
        case .edge: return position < 0 ? 0 : size - 1
        case .reflect: return position < 0 ? -position : 2 * (size - 1) - position
        }
    }
}
