/// Negation of truth values.
package struct Not: TensorOperator {
    package static let opName = "not"

    package static let documentation = OperatorDocumentation(
        "Whether each element is false.", formula: "y = ¬x", operands: ["x: bool[…]"], results: ["y: bool, shape of x"], onnx: "Not")

    package static let facts: OperatorFacts = .elementwise

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.dtype(x, .bool, "x")
        return [x]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        return [Tensor(bools: x.bools.map { !$0 }, x.shape)]
    }
}
