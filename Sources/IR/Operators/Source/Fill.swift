/// A tensor of one value.
package struct Fill: TensorOperator {
    package static let opName = "fill"

    package static let documentation = OperatorDocumentation(
        "Every element is the same value.", formula: "y[i] = value", operands: [], results: ["y: dtype[shape]"],
        attributes: [
            "shape": "the shape", "value": "the number, converted to dtype as Cast converts an i64 or f64; bool: whether it is not 0",
            "dtype": "element type",
        ],
        onnx: "ConstantOfShape")

    package let shape: [Dim]
    package let value: Scalar
    package let dtype: DType

    package init(shape: [Dim], value: Scalar, dtype: DType) {
        self.shape = shape
        self.value = value
        self.dtype = dtype
    }

    package init(reading attributes: inout AttributeReader) throws {
        shape = try attributes.dims("shape")
        value = try attributes.scalar("value")
        dtype = try attributes.dtype("dtype")
    }

    package var attributes: Attributes { ["shape": .dims(shape), "value": value.attribute, "dtype": .dtype(dtype)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 0...0)
        guard dtype != .string else { throw InferenceError("a string is no number") }
        for size in shape { try Check.atLeastZero(size, "a size cannot be \(size)") }
        return [TensorType(dtype, shape)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement([], outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let sizes = try TensorType(dtype, shape).sizes(binding)
        return [value.tensor(dtype).picking(sizes) { _ in 0 }]
    }
}
