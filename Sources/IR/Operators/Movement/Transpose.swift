/// Reorders dimensions.
package struct Transpose: TensorOperator {
    package static let opName = "transpose"

    package static let documentation = OperatorDocumentation(
        "Reorders the dimensions.", formula: "dimension i of y is dimension permutation[i] of x",
        operands: ["x: any[…]"], results: ["y: as x, dimensions permuted"],
        attributes: ["permutation": "for each dimension of y the one of x it is"], onnx: "Transpose")

    package static let facts: OperatorFacts = [.view, .movement, .differentiable]

    package let permutation: [Int]

    package init(_ permutation: [Int]) { self.permutation = permutation }

    package init(reading attributes: inout AttributeReader) throws { permutation = try attributes.ints("permutation") }

    package var attributes: Attributes { ["permutation": .ints(permutation)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        guard permutation.sorted() == Array(0..<x.rank) else {
            throw InferenceError("\(permutation) is no permutation of the \(x.rank) dimensions of x (\(x))")
        }
        return [TensorType(x.dtype, permutation.map { x.shape[$0] })]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let own = rowMajorStrides(x.shape)
        let strides = permutation.map { own[$0] }
        return [x.picking(permutation.map { x.shape[$0] }) { offset($0, strides) }]
    }
}
