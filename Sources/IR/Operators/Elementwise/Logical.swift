/// A function of two truth values, or of integers bit by bit; each conforming type is an operator of its own.
package protocol LogicalFunction: Sendable {
    static var opName: String { get }
    static var summary: String { get }
    static var formula: String { get }
    static var onnx: String { get }
    static func apply(_ a: Bool, _ b: Bool) -> Bool
    static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer
}

/// `y[i] = f(a[i], b[i])` on bools, or on the bits of integers, with NumPy broadcasting.
package struct Logical<Function: LogicalFunction>: TensorOperator {
    package static var opName: String { Function.opName }

    package static var documentation: OperatorDocumentation {
        OperatorDocumentation(
            Function.summary, formula: Function.formula, operands: ["a: bool or integer[…]", "b: as a, broadcasting"],
            results: ["y: as a[broadcast shape]"], onnx: Function.onnx)
    }

    package static var facts: OperatorFacts { [.elementwise, .commutative] }

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        let (a, b) = try Check.pair(inputs)
        guard a.dtype == .bool || a.dtype.isInteger else { throw InferenceError("a and b must be bools or integers, not \(a)") }
        return [TensorType(a.dtype, try Broadcast.shape(a.shape, b.shape))]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (a, b) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let shape = try Broadcast.sizes(a.shape, b.shape)
        switch (a.elements, b.elements) {
        case (.signed(let x), .signed(let y)) where a.dtype != .bool:
            let values = Broadcast.map(x, a.shape, y, b.shape, to: shape) { Function.apply($0, $1) }
            return [Tensor(integers: values, shape, as: a.dtype)]
        case (.unsigned(let x), .unsigned(let y)):
            let values = Broadcast.map(x, a.shape, y, b.shape, to: shape) { Function.apply($0, $1) }
            return [Tensor(naturals: values, shape, as: a.dtype)]
        default: break
        }
        let values = Broadcast.map(a.bools, a.shape, b.bools, b.shape, to: shape) { Function.apply($0, $1) }
        return [Tensor(bools: values, shape)]
    }
}
