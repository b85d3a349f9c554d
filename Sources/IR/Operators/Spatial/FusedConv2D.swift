/// ``Conv2D`` with what usually follows it.
package struct FusedConv2D: FusedOperator {
    package static let opName = "fused_conv2d"

    package static let documentation = OperatorDocumentation(
        "Two-dimensional convolution, then an activation and a residual.",
        formula: "y = activation(conv2d(x, weight, bias)) + residual",
        operands: ["x: float[n, c, h, w]", "weight: float[o, c/groups, kh, kw]", "bias?: float[o]", "residual?: float, shape of y"],
        results: ["y: as conv2d gives"],
        attributes: Conv2DGeometry.documentation.merging(["activation": Activation.documentation]) { first, _ in first },
        onnx: "Conv, the activation, Add")

    package static let facts: OperatorFacts = .differentiable

    package let geometry: Conv2DGeometry
    package let activation: Activation

    package var stride: [Int] { geometry.stride }
    /// Top, left, bottom, right.
    package var padding: [Int] { geometry.padding }
    package var dilation: [Int] { geometry.dilation }
    package var groups: Int { geometry.groups }

    package init(_ geometry: Conv2DGeometry, activation: Activation = .none) {
        self.geometry = geometry
        self.activation = activation
    }

    package init(
        stride: [Int] = [1, 1], padding: [Int] = [0, 0, 0, 0], dilation: [Int] = [1, 1], groups: Int = 1,
        activation: Activation = .none
    ) {
        self.init(
            Conv2DGeometry(stride: stride, padding: padding, dilation: dilation, groups: groups), activation: activation)
    }

    package init(reading attributes: inout AttributeReader) throws {
        geometry = try Conv2DGeometry(reading: &attributes)
        activation = try attributes.choice("activation", default: Activation.none)
    }

    package var attributes: Attributes {
        var fields = geometry.attributes
        if activation != .none { fields["activation"] = .string(activation.rawValue) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...4)
        let y = try geometry.resultType(inputs)
        if let residual = Check.optional(inputs, 3) {
            try Check.float(residual, "residual")
            try Check.shape(residual, y.shape, "residual")
        }
        return [y]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        var cost = geometry.cost(inputs, outputs)
        cost.flops = cost.flops + outputs.reduce(0) { $0 + $1.elementCount } * Dim(activation.flops + inputs.dropFirst(3).count)
        return cost
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (product, shape) = try geometry.product(inputs)
        var values = product.map(activation.apply)
        if inputs.count > 3, let residual = inputs[3]?.doubles { for index in values.indices { values[index] += residual[index] } }
        return [Tensor(values, shape, as: try Tensor.operand(inputs, 0).dtype)]
    }
}
