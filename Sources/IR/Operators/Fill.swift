/// A tensor of one value.
public struct Fill: Operator {
    public static let opName = "fill"

    public static let documentation = OperatorDocumentation(
        "Every element is the same value.", formula: "y[i] = value", operands: [], results: ["y: dtype[shape]"],
        attributes: [
            "shape": "the shape", "value": "the number, converted to dtype as Cast does; bool: whether it is not 0",
            "dtype": "element type",
        ],
        onnx: "ConstantOfShape")

    public let shape: [Dim]
    public let value: Double
    public let dtype: DType

    public init(shape: [Dim], value: Double, dtype: DType) {
        self.shape = shape
        self.value = value
        self.dtype = dtype
    }

    public init(reading attributes: inout AttributeReader) throws {
        shape = try attributes.dims("shape")
        value = try attributes.double("value")
        dtype = try attributes.dtype("dtype")
    }

    public var attributes: Attributes { ["shape": .dims(shape), "value": .float(value), "dtype": .dtype(dtype)] }

    public func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 0...0)
        for size in shape { try Check.atLeastZero(size, "a size cannot be \(size)") }
        return [TensorType(dtype, shape)]
    }

    public func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement([], outputs) }

    public func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let sizes = try TensorType(dtype, shape).sizes(binding)
        return [Tensor([value], [1], as: dtype).picking(sizes) { _ in 0 }]
    }
}
