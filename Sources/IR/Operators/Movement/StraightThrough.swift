/// The straight-through estimator (Bengio et al., arXiv 1308.3432): a step on the way there, nothing on the way back.
package struct StraightThrough: TensorOperator {
    package static let opName = "straight_through"

    package static let documentation = OperatorDocumentation(
        "Gives `value`; differentiation goes on as if it were `source`: for roundings and codebooks, whose own derivative is 0. Cleaning drops it.",
        formula: "y = value; dvalue = 0, dsource = dy", operands: ["value: any[…]", "source: as value"], results: ["y: as value"],
        onnx: "Identity of value")

    package static let facts: OperatorFacts = [.view, .movement, .differentiable]

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        let (value, source) = try Check.pair(inputs)
        try Check.shape(source, value.shape, "source")
        return [value]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { Cost(flops: 0, bytes: 0) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] { [try Tensor.operand(inputs, 0)] }
}

extension StraightThrough: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] { [nil, try node.cotangent()] }
}
