/// Strings put together.
package struct StringConcat: TensorOperator {
    package static let opName = "string_concat"

    package static let documentation = OperatorDocumentation(
        "Joins strings element by element.", formula: "y[i] = a[i] b[i]", operands: ["a: string[…]", "b: string[…], broadcasting"],
        results: ["y: string[broadcast shape]"], onnx: "StringConcat")

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        let (a, b) = try Check.pair(inputs)
        try Check.dtype(a, .string, "a")
        return [TensorType(.string, try Broadcast.shape(a.shape, b.shape))]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (a, b) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let shape = try Broadcast.sizes(a.shape, b.shape)
        return [Tensor(strings: Broadcast.map(a.strings, a.shape, b.strings, b.shape, to: shape, +), shape)]
    }
}
