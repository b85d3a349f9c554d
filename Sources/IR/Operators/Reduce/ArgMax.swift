/// Where the largest element lies.
package struct ArgMax: TensorOperator {
    package static let opName = "arg_max"

    package static let documentation = OperatorDocumentation(
        "Index of the largest element along one axis, the first of equals; a NaN counts as largest.",
        formula: "y = min {i : x[i] = max x} along axis", operands: ["x: float or integer[…]"],
        results: ["y: i64, without the axis, or with size 1 there"],
        attributes: ["axis": "dimension that is searched; not empty", "keep_dims": "leave size 1 in its place, default false"],
        onnx: "ArgMax(select_last_index=0)")

    package let axis: Int
    package let keepDims: Bool

    package init(axis: Int, keepDims: Bool = false) {
        self.axis = axis
        self.keepDims = keepDims
    }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis")
        keepDims = try attributes.bool("keep_dims")
    }

    package var attributes: Attributes { keepDims ? ["axis": .int(axis), "keep_dims": .bool(true)] : ["axis": .int(axis)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try ArgMax.infer(inputs, axis: axis, keepDims: keepDims)
    }

    /// Type inference of both searches.
    static func infer(_ inputs: [TensorType?], axis: Int, keepDims: Bool) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        guard x.dtype != .bool else { throw InferenceError("x must be a float or integer tensor, not \(x)") }
        let axis = try Check.axis(axis, rank: x.rank)
        try Check.atLeastZero(x.shape[axis] - 1, "dimension \(axis) of x (\(x)) is empty")
        return [TensorType(.i64, Check.reduced(x.shape, axis: axis, keepDims: keepDims))]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        Cost(flops: inputs.reduce(0) { $0 + ($1?.elementCount ?? 0) }, bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        return [try ArgMax.search(x, axis: axis, keepDims: keepDims, { $0 > $1 }, { $0 > $1 })]
    }

    /// Index along `axis` of the first element that none beats.
    static func search(
        _ x: Tensor, axis: Int, keepDims: Bool, _ beats: (Double, Double) -> Bool, _ beatsInteger: (Int, Int) -> Bool
    ) throws -> Tensor {
        let axis = try Check.axis(axis, rank: x.rank)
        guard x.shape[axis] > 0 else { throw EvaluationError("dimension \(axis) of \(x.type) is empty") }
        let shape = Check.reduced(x.shape, axis: axis, keepDims: keepDims)
        let (floats, integers) = x.dtype.isFloat ? (x.doubles, []) : ([], x.integers)
        var found: [Int] = []
        x.forEachLine(along: axis) { line in
            var best = 0
            for (position, index) in line.enumerated() {
                let top = line.start + best * line.step
                let wins =
                    x.dtype.isFloat
                    ? beats(floats[index], floats[top]) || (floats[index].isNaN && !floats[top].isNaN)
                    : beatsInteger(integers[index], integers[top])
                if wins { best = position }
            }
            found.append(best)
        }
        return Tensor(integers: found, shape)
    }
}
