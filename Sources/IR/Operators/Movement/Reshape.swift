/// The same elements in row-major order under another shape.
package struct Reshape: TensorOperator {
    package static let opName = "reshape"

    package static let documentation = OperatorDocumentation(
        "Gives the elements another shape without moving them.", formula: "y = x, read row by row as `shape`",
        operands: ["x: any[…]"], results: ["y: any[shape]"], attributes: ["shape": "the new shape; the element count must stay"],
        onnx: "Reshape, Flatten, Squeeze, Unsqueeze")

    package static let facts: OperatorFacts = [.view, .movement, .differentiable]

    package let shape: [Dim]

    package init(_ shape: [Dim]) { self.shape = shape }

    package init(reading attributes: inout AttributeReader) throws { shape = try attributes.dims("shape") }

    package var attributes: Attributes { ["shape": .dims(shape)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        let count = shape.reduce(1, *)
        // Sizes that data decide, and those that are rounded or bounded, can be compared when it runs only.
        let isOpen = x.elementCount.symbols != count.symbols || !x.elementCount.isPolynomial || !count.isPolynomial
        let mayBeEqual = isOpen && (try? Check.mayEqual(x.elementCount, count, "")) != nil
        guard x.elementCount == count || mayBeEqual else {
            throw InferenceError("x has \(x.elementCount) elements, the new shape \(count)")
        }
        return [x.with(shape: shape)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { Cost(flops: 0, bytes: 0) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        guard let y = x.reshaped(try shape.map { try $0.evaluate(binding) }) else {
            throw EvaluationError("\(x.type) does not fit the shape \(shape) under \(binding)")
        }
        return [y]
    }
}
