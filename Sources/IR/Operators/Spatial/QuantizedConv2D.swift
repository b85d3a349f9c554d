/// ``FusedConv2D`` with 8-bit weights; activations stay in floating point.
package struct QuantizedConv2D: FusedOperator {
    package static let opName = "quantized_conv2d"

    package static let documentation = OperatorDocumentation(
        "Two-dimensional convolution with 8-bit weights, then an activation and a residual. x is not rounded.",
        formula: "y = activation(conv2d(x, weight · scale, bias)) + residual",
        operands: [
            "x: f32[n, c, h, w]", "weight: i8[o, c, kh, kw]", "scale: f32[o]", "bias?: f32[o]", "residual?: f32, shape of y",
        ],
        results: ["y: as conv2d gives"],
        attributes: Conv2DGeometry.documentation.merging(["activation": Activation.documentation]) { first, _ in first },
        onnx: "DequantizeLinear, Conv, the activation, Add")

    package let geometry: Conv2DGeometry
    package let activation: Activation

    /// - Parameter geometry: with one group.
    package init(_ geometry: Conv2DGeometry, activation: Activation = .none) {
        self.geometry = geometry
        self.activation = activation
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

    package var packedOperands: [Int] { [1] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 3...5)
        guard geometry.groups == 1 else { throw InferenceError("groups must be 1") }
        let (x, weight) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "weight"))
        try Check.dtype(weight, .i8, "weight")
        let bias = Check.optional(inputs, 3)
        for (type, name) in [(x, "x"), (try Check.operand(inputs, 2, "scale"), "scale")] + (bias.map { [($0, "bias")] } ?? []) {
            try Check.dtype(type, .f32, name)
        }
        let y = try geometry.resultType([x, TensorType(.f32, weight.shape), bias])
        try Check.shape(try Check.operand(inputs, 2, "scale"), [weight.shape[0]], "scale")
        if let residual = Check.optional(inputs, 4) {
            try Check.dtype(residual, .f32, "residual")
            try Check.shape(residual, y.shape, "residual")
        }
        return [y]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        var cost = geometry.cost(inputs, outputs)
        cost.flops =
            cost.flops + outputs.reduce(0) { $0 + $1.elementCount } * Dim(activation.flops + inputs.dropFirst(4).compactMap { $0 }.count)
        return cost
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (weight, scale) = (try Tensor.operand(inputs, 1), try Tensor.operand(inputs, 2).doubles)
        let perOutput = max(weight.shape.dropFirst().reduce(1, *), 1)
        let widened = weight.doubles.enumerated().map { Double(Float($1) * Float(scale[$0 / perOutput])) }
        let bias = inputs.count > 3 ? inputs[3] : nil
        let (product, shape) = try geometry.product([try Tensor.operand(inputs, 0), Tensor(widened, weight.shape, as: .f32), bias])
        var values = product.map(activation.apply)
        if inputs.count > 4, let residual = inputs[4]?.doubles { for index in values.indices { values[index] += residual[index] } }
        return [Tensor(values, shape, as: .f32)]
    }
}
