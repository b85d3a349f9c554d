/// Running sums.
package struct CumSum: TensorOperator {
    package static let opName = "cum_sum"

    package static let documentation = OperatorDocumentation(
        "Sum of all elements up to each position along one axis; integers wrap.",
        formula: "y[i] = Σ_{j ≤ i} x[j]; exclusive: j < i; reverse: j ≥ i (exclusive: j > i)",
        operands: ["x: float or integer[…]"], results: ["y: as x"],
        attributes: [
            "axis": "dimension of the sum", "exclusive": "leave out the element itself, default false",
            "reverse": "sum from the end, default false",
        ],
        onnx: "CumSum")

    package static let facts: OperatorFacts = .differentiable

    package let axis: Int
    package let exclusive: Bool
    package let reverse: Bool

    package init(axis: Int, exclusive: Bool = false, reverse: Bool = false) {
        self.axis = axis
        self.exclusive = exclusive
        self.reverse = reverse
    }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis")
        exclusive = try attributes.bool("exclusive")
        reverse = try attributes.bool("reverse")
    }

    package var attributes: Attributes {
        var fields: Attributes = ["axis": .int(axis)]
        if exclusive { fields["exclusive"] = .bool(true) }
        if reverse { fields["reverse"] = .bool(true) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        guard x.dtype.isNumber else { throw InferenceError("x must be a float or integer tensor, not \(x)") }
        _ = try Check.axis(axis, rank: x.rank)
        return [x]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let axis = try Check.axis(axis, rank: x.rank)
        if x.dtype.isFloat { return [Tensor(running(x, axis, x.doubles, 0, +), x.shape, as: x.dtype)] }
        return [Tensor(integers: running(x, axis, x.integers, 0, &+), x.shape, as: x.dtype)]
    }

    /// `source`, the elements of `x`, folded from `zero` on along each line; shared with ``CumProd``.
    func running<Number>(
        _ x: Tensor, _ axis: Int, _ source: [Number], _ zero: Number, _ add: (Number, Number) -> Number
    ) -> [Number] {
        var values = source
        x.forEachLine(along: axis) { line in
            var sum = zero
            for position in 0..<line.count {
                let index = line.start + (reverse ? line.count - 1 - position : position) * line.step
                let next = add(sum, source[index])
                values[index] = exclusive ? sum : next
                sum = next
            }
        }
        return values
    }
}
