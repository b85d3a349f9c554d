/// Conversion to another element type.
package struct Cast: TensorOperator {
    package static let opName = "cast"

    package static let documentation = OperatorDocumentation(
        "Converts elements to another dtype: float to integer truncates towards zero and saturates (NaN gives 0), anything to float rounds "
            + "once to nearest even, integer to integer wraps, to bool is x ≠ 0.",
        formula: "y = to(x)", operands: ["x: any[…]"], results: ["y: to[…]"], attributes: ["to": "the new dtype"], onnx: "Cast")

    package static let facts: OperatorFacts = [.elementwise, .differentiable]

    package let to: DType

    package init(to: DType) { self.to = to }

    package init(reading attributes: inout AttributeReader) throws { to = try attributes.dtype("to") }

    package var attributes: Attributes { ["to": .dtype(to)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        guard x.dtype != .string, to != .string else { throw InferenceError("strings are not converted: \(x)") }
        return [x.with(dtype: to)]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        if x.dtype == to { return [x] }
        return [Tensor(x.elements, x.shape, as: to)]
    }
}
