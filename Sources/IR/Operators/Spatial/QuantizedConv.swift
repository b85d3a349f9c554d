/// ``FusedConv`` with 8-bit weights; activations stay in floating point.
package struct QuantizedConv: ConvEnding {
    package static let opName = "quantized_conv"

    package static let documentation = OperatorDocumentation(
        "Convolution with 8-bit weights, then an activation and a residual. x is not rounded.",
        formula: "y = activation(conv(x, weight · scale, bias)) + residual",
        operands: [
            "x: f32[n, c, d…]", "weight: i8[o, c, k…]", "scale: f32[o]", "bias?: f32[o]", "residual?: f32, shape of y",
        ],
        results: ["y: as conv gives"], attributes: attributeDocumentation, onnx: "DequantizeLinear, Conv, the activation, Add")

    package static let residual = 4

    package let geometry: ConvGeometry
    package let activation: Activation

    /// - Parameter geometry: with one group.
    package init(_ geometry: ConvGeometry, activation: Activation = .none) {
        self.geometry = geometry
        self.activation = activation
    }

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
        if let residual = Check.optional(inputs, Self.residual) { try Check.dtype(residual, .f32, "residual") }
        return try checkResidual(inputs, y)
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (weight, scale) = (try Tensor.operand(inputs, 1), try Tensor.operand(inputs, 2).doubles)
        let perOutput = max(weight.shape.dropFirst().reduce(1, *), 1)
        let widened = weight.doubles.enumerated().map { Double(Float($1) * Float(scale[$0 / perOutput])) }
        let bias = inputs.count > 3 ? inputs[3] : nil
        let product = try geometry.product([try Tensor.operand(inputs, 0), Tensor(widened, weight.shape, as: .f32), bias])
        return ended(product, inputs, as: .f32)
    }
}
