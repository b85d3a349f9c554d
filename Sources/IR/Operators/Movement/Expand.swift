/// Repeats a tensor along dimensions of size 1 and new leading ones.
package struct Expand: TensorOperator {
    package static let opName = "expand"

    package static let documentation = OperatorDocumentation(
        "Stretches dimensions of size 1, and adds leading ones, up to a given shape.", formula: "y[i] = x[i, 0 where x has size 1]",
        operands: ["x: any[…]"], results: ["y: dtype of x[shape]"], attributes: ["shape": "the shape to reach"],
        onnx: "Expand to a shape not below that of x")

    package static let facts: OperatorFacts = [.view, .movement, .differentiable]

    package let shape: [Dim]

    package init(_ shape: [Dim]) { self.shape = shape }

    package init(reading attributes: inout AttributeReader) throws { shape = try attributes.dims("shape") }

    package var attributes: Attributes { ["shape": .dims(shape)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.mayBroadcast(x, to: shape, "x")
        return [TensorType(x.dtype, shape)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let sizes = try TensorType(x.dtype, shape).sizes(binding)
        guard try Broadcast.sizes(x.shape, sizes) == sizes else { throw EvaluationError("\(x.type) does not stretch to \(sizes)") }
        let strides = Broadcast.strides(x.shape, to: sizes)
        return [x.picking(sizes) { offset($0, strides) }]
    }
}
