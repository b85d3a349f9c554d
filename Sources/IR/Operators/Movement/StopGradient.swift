/// An end of the way back from the loss.
package struct StopGradient: TensorOperator {
    package static let opName = "stop_gradient"

    package static let documentation = OperatorDocumentation(
        "Gives x as it is; differentiation takes it for a constant. Cleaning drops it.", formula: "y = x; dx = 0",
        operands: ["x: any[…]"], results: ["y: as x"], onnx: "Identity")

    package static let facts: OperatorFacts = [.view, .movement]

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        return [try Check.operand(inputs, 0, "x")]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { Cost(flops: 0, bytes: 0) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] { [try Tensor.operand(inputs, 0)] }
}

extension StopGradient: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] { [nil] }
}
