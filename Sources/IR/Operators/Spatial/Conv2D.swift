/// Two-dimensional convolution (cross-correlation, as all deep learning frameworks mean it).
package struct Conv2D: Operator {
    package static let opName = "conv2d"

    package static let documentation = OperatorDocumentation(
        "Convolves the last two dimensions; what lies outside the input counts as 0.",
        formula: "y[n, o, i, j] = bias[o] + Σ_{c,p,q} weight[o, c, p, q] · "
            + "x[n, c + c/groups·group(o), i·stride + p·dilation - top, j·stride + q·dilation - left]",
        operands: ["x: float[n, c, h, w]", "weight: float[o, c/groups, kh, kw]", "bias?: float[o]"],
        results: ["y: dtype of x[n, o, ⌊(h + top + bottom - dilation·(kh - 1) - 1) / stride⌋ + 1, likewise w]"],
        attributes: Conv2DGeometry.documentation, onnx: "Conv")

    package static let facts: OperatorFacts = .differentiable

    package let geometry: Conv2DGeometry

    /// Steps down and right.
    package var stride: [Int] { geometry.stride }
    /// Zeros at top, left, bottom, right.
    package var padding: [Int] { geometry.padding }
    /// Distance between taps, down and right.
    package var dilation: [Int] { geometry.dilation }
    package var groups: Int { geometry.groups }

    package init(_ geometry: Conv2DGeometry) { self.geometry = geometry }

    package init(stride: [Int] = [1, 1], padding: [Int] = [0, 0, 0, 0], dilation: [Int] = [1, 1], groups: Int = 1) {
        geometry = Conv2DGeometry(stride: stride, padding: padding, dilation: dilation, groups: groups)
    }

    package init(reading attributes: inout AttributeReader) throws { geometry = try Conv2DGeometry(reading: &attributes) }

    package var attributes: Attributes { geometry.attributes }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...3)
        return [try geometry.resultType(inputs)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { geometry.cost(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (values, shape) = try geometry.product(inputs)
        return [Tensor(values, shape, as: try Tensor.operand(inputs, 0).dtype)]
    }
}
