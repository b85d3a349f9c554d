/// Whether each element is no number.
package struct IsNaN: TensorOperator {
    package static let opName = "is_nan"

    package static let documentation = OperatorDocumentation(
        "Whether each element is NaN.", formula: "y = x ≠ x", operands: ["x: float[…]"], results: ["y: bool, shape of x"],
        onnx: "IsNaN")

    package static let facts: OperatorFacts = .elementwise

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.float(x, "x")
        return [x.with(dtype: .bool)]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        return [Tensor(bools: x.doubles.map(\.isNaN), x.shape)]
    }
}
