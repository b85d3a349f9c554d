/// A way to fold many elements into one; each conforming type is an operator of its own.
package protocol ReduceFunction: Sendable {
    static var opName: String { get }
    static var summary: String { get }
    static var formula: String { get }
    static var onnx: String { get }
    /// Element types it takes, in words.
    static var operandKind: String { get }
    static func accepts(_ dtype: DType) -> Bool
    static var isDifferentiable: Bool { get }
    /// Result over no elements, before ``finish(_:count:)``.
    static func initial(_ dtype: DType) -> Double
    static func initialInteger<Integer: FixedWidthInteger>(_ dtype: DType) -> Integer
    static func combine(_ a: Double, _ b: Double) -> Double
    static func combine<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer
    /// Last step on a folded float of `count` elements.
    static func finish(_ value: Double, count: Int) -> Double
}

extension ReduceFunction {
    /// Whether it takes floats at all.
    package static var isDifferentiable: Bool { accepts(.f32) }

    package static func finish(_ value: Double, count: Int) -> Double { value }
}

/// Folds the elements along some axes into one.
package struct Reduce<Function: ReduceFunction>: TensorOperator {
    package static var opName: String { Function.opName }

    package static var documentation: OperatorDocumentation {
        OperatorDocumentation(
            Function.summary, formula: Function.formula + " over the axes", operands: ["x: \(Function.operandKind)[…]"],
            results: ["y: dtype of x, without the axes, or with size 1 there"],
            attributes: ["axes": "dimensions that are folded", "keep_dims": "leave size 1 in their place, default false"],
            onnx: Function.onnx)
    }

    package static var facts: OperatorFacts { Function.isDifferentiable ? [.reduction, .differentiable] : .reduction }

    package let axes: [Int]
    package let keepDims: Bool

    package init(axes: [Int], keepDims: Bool = false) {
        self.axes = axes
        self.keepDims = keepDims
    }

    package init(reading attributes: inout AttributeReader) throws {
        axes = try attributes.ints("axes")
        keepDims = try attributes.bool("keep_dims")
    }

    package var attributes: Attributes {
        keepDims ? ["axes": .ints(axes), "keep_dims": .bool(true)] : ["axes": .ints(axes)]
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        guard Function.accepts(x.dtype) else { throw InferenceError("x must be a \(Function.operandKind) tensor, not \(x)") }
        let folded = try foldedAxes(rank: x.rank)
        let shape = x.shape.indices.compactMap { folded.contains($0) ? (keepDims ? Dim(1) : nil) : x.shape[$0] }
        return [TensorType(x.dtype, shape)]
    }

    private func foldedAxes(rank: Int) throws -> Set<Int> {
        let folded = try axes.map { try Check.axis($0, rank: rank) }
        guard Set(folded).count == folded.count else { throw InferenceError("axes \(axes) name a dimension twice") }
        return Set(folded)
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        Cost(flops: inputs.reduce(0) { $0 + ($1?.elementCount ?? 0) }, bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let folded = try foldedAxes(rank: x.rank)
        let kept = x.shape.indices.map { folded.contains($0) ? 1 : x.shape[$0] }
        let shape = keepDims ? kept : x.shape.indices.filter { !folded.contains($0) }.map { x.shape[$0] }
        switch x.elements {
        case .floats(let source):
            let count = folded.reduce(1) { $0 * x.shape[$1] }
            let values = fold(source, x.shape, kept, Function.initial(x.dtype)) { Function.combine($0, $1) }
            return [Tensor(values.map { Function.finish($0, count: count) }, shape, as: x.dtype)]
        case .signed(let source):
            let values = fold(source, x.shape, kept, Function.initialInteger(x.dtype)) { Function.combine($0, $1) }
            return [Tensor(integers: values, shape, as: x.dtype)]
        case .unsigned(let source):
            let values = fold(source, x.shape, kept, Function.initialInteger(x.dtype)) { Function.combine($0, $1) }
            return [Tensor(naturals: values, shape, as: x.dtype)]
        }
    }

    /// `source` of shape `sizes` folded into the shape `kept`, in row-major order.
    private func fold<Number>(
        _ source: [Number], _ sizes: [Int], _ kept: [Int], _ initial: Number, _ combine: (Number, Number) -> Number
    ) -> [Number] {
        let strides = Broadcast.strides(kept, to: sizes)
        var values = [Number](repeating: initial, count: kept.reduce(1, *))
        var position = 0
        forEachIndex(sizes) { index in
            let place = offset(index, strides)
            values[place] = combine(values[place], source[position])
            position += 1
        }
        return values
    }
}
