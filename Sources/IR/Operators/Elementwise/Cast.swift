/// Conversion to another element type.
package struct Cast: TensorOperator {
    package static let opName = "cast"

    package static let documentation = OperatorDocumentation(
        "Converts elements to another dtype: float to integer truncates and saturates (NaN gives 0), to f16 and bf16 rounds to nearest even, "
            + "integer to narrower integer wraps, to bool is x ≠ 0.",
        formula: "y = to(x)", operands: ["x: any[…]"], results: ["y: to[…]"], attributes: ["to": "the new dtype"], onnx: "Cast")

    package let to: DType

    package init(to: DType) { self.to = to }

    package init(reading attributes: inout AttributeReader) throws { to = try attributes.dtype("to") }

    package var attributes: Attributes { ["to": .dtype(to)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        return [try Check.operand(inputs, 0, "x").with(dtype: to)]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        if x.dtype == to { return [x] }
        if x.dtype.isFloat { return [Tensor(x.doubles, x.shape, as: to)] }
        // Straight to f32: a detour over f64 would round twice.
        if to == .f32 { return [Tensor(x.integers.map { x.dtype == .u64 ? Float(UInt(bitPattern: $0)) : Float($0) }, x.shape)] }
        if to.isFloat && x.dtype == .u64 { return [Tensor(x.integers.map { Double(UInt(bitPattern: $0)) }, x.shape, as: to)] }
        return [Tensor(integers: x.integers, x.shape, as: to)]
    }
}
