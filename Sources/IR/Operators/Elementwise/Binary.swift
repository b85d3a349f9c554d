/// A function of two numbers applied element by element; each conforming type is an operator of its own.
package protocol BinaryFunction: Sendable {
    static var opName: String { get }
    static var summary: String { get }
    static var formula: String { get }
    static var onnx: String { get }
    /// Operations counted for one element.
    static var flops: Int { get }
    static var isCommutative: Bool { get }
    static func apply(_ a: Double, _ b: Double) -> Double
    /// On integers: computed in 64 bits, signed or unsigned as the type is, with wrap-around, then cut to the width of the type.
    static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer
}

extension BinaryFunction {
    package static var isCommutative: Bool { false }
}

/// `y[i] = f(a[i], b[i])` with NumPy broadcasting; both operands have one float or integer type.
package struct Binary<Function: BinaryFunction>: TensorOperator {
    package static var opName: String { Function.opName }

    package static var documentation: OperatorDocumentation {
        OperatorDocumentation(
            Function.summary, formula: Function.formula,
            operands: ["a: float or integer[…]", "b: as a, broadcasting"], results: ["y: as a[broadcast shape]"],
            onnx: Function.onnx)
    }

    package static var facts: OperatorFacts {
        Function.isCommutative ? [.elementwise, .differentiable, .commutative] : [.elementwise, .differentiable]
    }

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        let (a, b) = try Check.pair(inputs)
        guard a.dtype.isNumber else { throw InferenceError("a and b must be float or integer tensors, not \(a)") }
        return [TensorType(a.dtype, try Broadcast.shape(a.shape, b.shape))]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        .elementwise(inputs, outputs, perElement: Function.flops)
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (a, b) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let shape = try Broadcast.sizes(a.shape, b.shape)
        let results: Tensor.Elements
        switch (a.elements, b.elements) {
        case (.floats(let x), .floats(let y)):
            results = .floats(Broadcast.map(x, a.shape, y, b.shape, to: shape) { Function.apply($0, $1) })
        case (.signed(let x), .signed(let y)):
            results = .signed(Broadcast.map(x, a.shape, y, b.shape, to: shape) { Function.apply($0, $1) })
        case (.unsigned(let x), .unsigned(let y)):
            results = .unsigned(Broadcast.map(x, a.shape, y, b.shape, to: shape) { Function.apply($0, $1) })
        default: throw EvaluationError("\(a.type) and \(b.type) have different element types")
        }
        return [Tensor(results, shape, as: a.dtype)]
    }
}
