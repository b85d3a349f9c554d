/// A search for one element of many; each conforming type is an operator of its own.
package protocol ArgFunction: Sendable {
    static var opName: String { get }
    static var summary: String { get }
    static var formula: String { get }
    static var onnx: String { get }
    /// Whether `a` is found rather than the earlier `b`; NaN, which always is, aside.
    static func beats<Element: Comparable>(_ a: Element, _ b: Element) -> Bool
}

/// Index along one axis of the first element that none beats.
package struct ArgReduce<Function: ArgFunction>: TensorOperator {
    package static var opName: String { Function.opName }

    package static var documentation: OperatorDocumentation {
        OperatorDocumentation(
            Function.summary, formula: Function.formula, operands: ["x: float or integer[…]"],
            results: ["y: i64, without the axis, or with size 1 there"],
            attributes: ["axis": "dimension that is searched; not empty", "keep_dims": "leave size 1 in its place, default false"],
            onnx: Function.onnx)
    }

    package static var facts: OperatorFacts { .reduction }

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
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        guard x.dtype.isNumber else { throw InferenceError("x must be a float or integer tensor, not \(x)") }
        let axis = try Check.axis(axis, rank: x.rank)
        try Check.atLeastZero(x.shape[axis] - 1, "dimension \(axis) of x (\(x)) is empty")
        return [TensorType(.i64, Check.reduced(x.shape, axis: axis, keepDims: keepDims))]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        Cost(flops: inputs.reduce(0) { $0 + ($1?.elementCount ?? 0) }, bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let axis = try Check.axis(axis, rank: x.rank)
        guard x.shape[axis] > 0 else { throw EvaluationError("dimension \(axis) of \(x.type) is empty") }
        let found: [Int] =
            switch x.elements {
            case .floats(let values): search(x, axis) { Function.beats(values[$0], values[$1]) || (values[$0].isNaN && !values[$1].isNaN) }
            case .signed(let values): search(x, axis) { Function.beats(values[$0], values[$1]) }
            case .unsigned(let values): search(x, axis) { Function.beats(values[$0], values[$1]) }
            }
        return [Tensor(integers: found, Check.reduced(x.shape, axis: axis, keepDims: keepDims))]
    }

    /// For each line the position of the first element that none beats; `beats` compares the elements at two offsets.
    private func search(_ x: Tensor, _ axis: Int, _ beats: (Int, Int) -> Bool) -> [Int] {
        var found: [Int] = []
        x.forEachLine(along: axis) { line in
            var best = 0
            for (position, index) in line.enumerated() where beats(index, line.start + best * line.step) { best = position }
            found.append(best)
        }
        return found
    }
}
