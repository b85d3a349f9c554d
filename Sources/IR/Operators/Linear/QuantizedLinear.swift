/// ``FusedLinear`` with weights of 8 or 4 bits, and activations rounded to 8 bits as they come (dynamic W8A8, W4A8); or with such weights alone.
package struct QuantizedLinear: FusedOperator {
    package static let opName = "quantized_linear"

    package static let documentation = OperatorDocumentation(
        "Affine map of the last dimension with integer weights, then an activation, a gate and a residual. Each row of x is rounded "
            + "with its own scale, unless weight_only: to 0…255 with a zero point for weights of 8 bits, to -127…127 for those of 4. Groups have "
            + "32, 64 or 128 inputs.",
        formula: "y = activation(round₈(x)·weightᵀ · scale + bias) · gate + residual; weight_only: x for round₈(x)",
        operands: [
            "x: f32[…, k]", "weight: i8[n, k], i4[n, k]", "scale: f32[n]; i4: bf16 or f32[⌈k/group⌉, n]", "bias?: f32[n]",
            "gate?: f32[…, n]",
            "residual?: f32[…, n]", "zero?: i4: u8[⌈k/group⌉, n], what stands for 0 of the weight + 8, default 8",
        ],
        results: ["y: f32[…, n]"],
        attributes: ["activation": Activation.documentation, "weight_only": QuantizedProduct.weightOnlyDocumentation],
        onnx: "DynamicQuantizeLinear for each row, MatMulInteger, Cast, Mul, Add")

    package let activation: Activation
    /// Whether x stays f32.
    package let weightOnly: Bool

    package init(activation: Activation = .none, weightOnly: Bool = false) { (self.activation, self.weightOnly) = (activation, weightOnly) }

    package init(reading attributes: inout AttributeReader) throws {
        activation = try attributes.choice("activation", default: Activation.none)
        weightOnly = try attributes.bool("weight_only")
    }

    package var attributes: Attributes { QuantizedProduct.attributes(activation, weightOnly: weightOnly) }

    package var packedOperands: [Int] { [1] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 3...7)
        let weight = try Check.operand(inputs, 1, "weight")
        let y = try QuantizedProduct.resultType(
            try Check.operand(inputs, 0, "x"), weight, try Check.operand(inputs, 2, "scale"), Check.optional(inputs, 6))
        try QuantizedProduct.checkBias(Check.optional(inputs, 3), weight)
        for (index, name) in [(4, "gate"), (5, "residual")] {
            guard let operand = Check.optional(inputs, index) else { continue }
            try Check.dtype(operand, .f32, name)
            try Check.shape(operand, y.shape, name)
        }
        return [y]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        var cost = QuantizedProduct.cost(inputs, outputs, products: 1)
        cost.flops = cost.flops + outputs.reduce(0) { $0 + $1.elementCount } * Dim(activation.flops + inputs.dropFirst(4).prefix(2).count)
        return cost
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let bias = inputs.count > 3 ? inputs[3] : nil
        let (product, shape) = QuantizedProduct.product(
            try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1), try Tensor.operand(inputs, 2), inputs.count > 6 ? inputs[6] : nil,
            bias, weightOnly: weightOnly)
        var values = product.map { activation.apply(Double($0)) }
        if inputs.count > 4, let gate = inputs[4]?.doubles { for index in values.indices { values[index] *= gate[index] } }
        if inputs.count > 5, let residual = inputs[5]?.doubles { for index in values.indices { values[index] += residual[index] } }
        return [Tensor(values, shape, as: .f32)]
    }
}
