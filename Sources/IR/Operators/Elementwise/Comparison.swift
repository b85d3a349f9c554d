/// A relation between two elements; each conforming type is an operator of its own.
package protocol ComparisonFunction: Sendable {
    static var opName: String { get }
    static var summary: String { get }
    static var formula: String { get }
    static var onnx: String { get }
    static var isCommutative: Bool { get }
    static func apply<Element: Comparable>(_ a: Element, _ b: Element) -> Bool
}

extension ComparisonFunction {
    package static var isCommutative: Bool { false }
}

/// `y[i] = a[i] ? b[i]` with NumPy broadcasting; both operands have one type, bools count as 0 and 1.
package struct Comparison<Function: ComparisonFunction>: TensorOperator {
    package static var opName: String { Function.opName }

    package static var documentation: OperatorDocumentation {
        OperatorDocumentation(
            Function.summary, formula: Function.formula, operands: ["a: any[…]", "b: as a, broadcasting"],
            results: ["y: bool[broadcast shape]"], onnx: Function.onnx)
    }

    package static var facts: OperatorFacts { Function.isCommutative ? [.elementwise, .commutative] : .elementwise }

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        let (a, b) = try Check.pair(inputs)
        guard a.dtype != .string || Function.isCommutative else { throw InferenceError("strings have no order: \(a)") }
        return [TensorType(.bool, try Broadcast.shape(a.shape, b.shape))]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (a, b) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let shape = try Broadcast.sizes(a.shape, b.shape)
        if a.dtype == .string {
            let values = Broadcast.map(a.strings, a.shape, b.strings, b.shape, to: shape) { Function.apply($0, $1) }
            return [Tensor(bools: values, shape)]
        }
        let values: [Bool]
        switch (a.elements, b.elements) {
        case (.floats(let x), .floats(let y)): values = Broadcast.map(x, a.shape, y, b.shape, to: shape) { Function.apply($0, $1) }
        case (.signed(let x), .signed(let y)): values = Broadcast.map(x, a.shape, y, b.shape, to: shape) { Function.apply($0, $1) }
        case (.unsigned(let x), .unsigned(let y)): values = Broadcast.map(x, a.shape, y, b.shape, to: shape) { Function.apply($0, $1) }
        default: throw EvaluationError("\(a.type) and \(b.type) have different element types")
        }
        return [Tensor(bools: values, shape)]
    }
}
