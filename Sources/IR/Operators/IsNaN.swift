/// Whether each element is no number.
public struct IsNaN: Operator {
    public static let opName = "is_nan"

    public static let documentation = OperatorDocumentation(
        "Whether each element is NaN.", formula: "y = x ≠ x", operands: ["x: float[…]"], results: ["y: bool, shape of x"],
        onnx: "IsNaN")

    public init() {}

    public init(reading attributes: inout AttributeReader) throws {}

    public func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.float(x, "x")
        return [x.with(dtype: .bool)]
    }

    public func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        return [Tensor(bools: x.doubles.map(\.isNaN), x.shape)]
    }
}
