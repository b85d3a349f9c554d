/// Sizes as integers.
package struct Shape: TensorOperator {
    package static let opName = "shape"

    package static let documentation = OperatorDocumentation(
        "Sizes as a tensor.", formula: "y[i] = sizes[i]", operands: [], results: ["y: i64[how many]"],
        attributes: ["sizes": "dimensions"], onnx: "Shape, of which only the sizes of its operand matter; Size")

    package let sizes: [Dim]

    package init(_ sizes: [Dim]) { self.sizes = sizes }

    package init(reading attributes: inout AttributeReader) throws { sizes = try attributes.dims("sizes") }

    package var attributes: Attributes { ["sizes": .dims(sizes)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 0...0)
        return [TensorType(.i64, [Dim(sizes.count)])]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        [Tensor(integers: try sizes.map { try $0.evaluate(binding) }, [sizes.count])]
    }
}
