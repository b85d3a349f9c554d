/// ``Conv`` with what usually follows it.
package struct FusedConv: ConvEnding {
    package static let opName = "fused_conv"

    package static let documentation = OperatorDocumentation(
        "Convolution, then an activation and a residual.", formula: "y = activation(conv(x, weight, bias)) + residual",
        operands: ["x: float[n, c, d…]", "weight: float[o, c/groups, k…]", "bias?: float[o]", "residual?: float, shape of y"],
        results: ["y: as conv gives"], attributes: attributeDocumentation, onnx: "Conv, the activation, Add")

    package static let facts: OperatorFacts = .differentiable

    package static let residual = 3

    package let geometry: ConvGeometry
    package let activation: Activation

    package init(_ geometry: ConvGeometry, activation: Activation = .none) {
        self.geometry = geometry
        self.activation = activation
    }

    package init(
        stride: [Int] = [], padding: [Int] = [], dilation: [Int] = [], groups: Int = 1, activation: Activation = .none
    ) {
        self.init(ConvGeometry(stride: stride, padding: padding, dilation: dilation, groups: groups), activation: activation)
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...4)
        return try checkResidual(inputs, try geometry.resultType(inputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        ended(try geometry.product(inputs), inputs, as: try Tensor.operand(inputs, 0).dtype)
    }
}
