/// A function of two truth values; each conforming type is an operator of its own.
package protocol LogicalFunction: Sendable {
    static var opName: String { get }
    static var summary: String { get }
    static var formula: String { get }
    static var onnx: String { get }
    static func apply(_ a: Bool, _ b: Bool) -> Bool
}

/// `y[i] = f(a[i], b[i])` on bools with NumPy broadcasting.
package struct Logical<Function: LogicalFunction>: TensorOperator {
    package static var opName: String { Function.opName }

    package static var documentation: OperatorDocumentation {
        OperatorDocumentation(
            Function.summary, formula: Function.formula, operands: ["a: bool[…]", "b: bool[…], broadcasting"],
            results: ["y: bool[broadcast shape]"], onnx: Function.onnx)
    }

    package static var facts: OperatorFacts { [.elementwise, .commutative] }

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        let (a, b) = try Check.pair(inputs)
        try Check.dtype(a, .bool, "a")
        return [TensorType(.bool, try Broadcast.shape(a.shape, b.shape))]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (a, b) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let shape = try Broadcast.sizes(a.shape, b.shape)
        let values = Broadcast.map(a.bools, a.shape, b.bools, b.shape, to: shape) { Function.apply($0, $1) }
        return [Tensor(bools: values, shape)]
    }
}
