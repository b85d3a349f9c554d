/// Convolution over 1 to 3 dimensions (cross-correlation, as all deep learning frameworks mean it).
package struct Conv: TensorOperator {
    package static let opName = "conv"

    package static let documentation = OperatorDocumentation(
        "Convolves the dimensions behind the channels; what lies outside the input counts as 0.",
        formula: "y[n, o, i…] = bias[o] + Σ_{c,p…} weight[o, c, p…] · x[n, c + c/groups·group(o), (i·stride + p·dilation - before)…]",
        operands: ["x: float[n, c, d…] with 1 to 3 spatial dimensions", "weight: float[o, c/groups, k…]", "bias?: float[o]"],
        results: ["y: dtype of x[n, o, (⌊(d + before + behind - dilation·(k - 1) - 1) / stride⌋ + 1)…]"],
        attributes: ConvGeometry.documentation, onnx: "Conv")

    package static let facts: OperatorFacts = .differentiable

    package let geometry: ConvGeometry

    package init(_ geometry: ConvGeometry) { self.geometry = geometry }

    package init(stride: [Int] = [], padding: [Int] = [], dilation: [Int] = [], groups: Int = 1) {
        geometry = ConvGeometry(stride: stride, padding: padding, dilation: dilation, groups: groups)
    }

    package init(reading attributes: inout AttributeReader) throws { geometry = try ConvGeometry(reading: &attributes) }

    package var attributes: Attributes { geometry.attributes }

    package var packedOperands: [Int] { [1] }

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
