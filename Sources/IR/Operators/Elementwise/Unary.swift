/// A function of one float applied to each element; each conforming type is an operator of its own.
package protocol UnaryFunction: Sendable {
    static var opName: String { get }
    static var summary: String { get }
    static var formula: String { get }
    static var onnx: String { get }
    /// Floating point operations counted for one element.
    static var flops: Int { get }
    /// False for steps, whose derivative is 0 wherever there is one.
    static var isDifferentiable: Bool { get }
    static func apply(_ x: Double) -> Double
}

extension UnaryFunction {
    package static var isDifferentiable: Bool { true }
}

/// `y[i] = f(x[i])` for a float tensor of any shape.
package struct Unary<Function: UnaryFunction>: TensorOperator {
    package static var opName: String { Function.opName }

    package static var documentation: OperatorDocumentation {
        OperatorDocumentation(
            Function.summary, formula: Function.formula, operands: ["x: float[…]"], results: ["y: as x"], onnx: Function.onnx)
    }

    package static var facts: OperatorFacts { Function.isDifferentiable ? [.elementwise, .differentiable] : .elementwise }

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.float(x, "x")
        return [x]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        .elementwise(inputs, outputs, perElement: Function.flops)
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        return [Tensor(x.doubles.map(Function.apply), x.shape, as: x.dtype)]
    }
}
