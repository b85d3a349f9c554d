/// ``GatedLinear`` with weights of 8 or 4 bits, and activations rounded to 8 bits as they come (dynamic W8A8, W4A8); or with such weights alone.
package struct QuantizedGatedLinear: FusedOperator {
    package static let opName = "quantized_gated_linear"

    package static let documentation = OperatorDocumentation(
        "Product of an activated and a plain affine map of the last dimension, both with integer weights. Each row of x is rounded as in "
            + "quantized_linear, unless weight_only.",
        formula: "y = activation(round₈(x)·gate_weightᵀ · gate_scale + gate_bias) · (round₈(x)·up_weightᵀ · up_scale + up_bias); "
            + "weight_only: x for round₈(x)",
        operands: [
            "x: f32[…, k]", "gate_weight: i8[n, k], i4[n, k]", "up_weight: as gate_weight",
            "gate_scale: f32[n]; i4: bf16 or f32[⌈k/group⌉, n]",
            "up_scale: as gate_scale", "gate_bias?: f32[n]", "up_bias?: f32[n]", "gate_zero?: as in quantized_linear", "up_zero?: likewise",
        ],
        results: ["y: f32[…, n]"],
        attributes: ["activation": Activation.documentation, "weight_only": QuantizedProduct.weightOnlyDocumentation],
        onnx: "DynamicQuantizeLinear for each row, two MatMulInteger, Cast, Mul, Add, the activation, Mul")

    package let activation: Activation
    /// Whether x stays f32.
    package let weightOnly: Bool

    package init(activation: Activation, weightOnly: Bool = false) { (self.activation, self.weightOnly) = (activation, weightOnly) }

    package init(reading attributes: inout AttributeReader) throws {
        activation = try attributes.choice("activation", default: Activation.none)
        weightOnly = try attributes.bool("weight_only")
    }

    package var attributes: Attributes { QuantizedProduct.attributes(activation, weightOnly: weightOnly) }

    package var packedOperands: [Int] { [1, 2] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 5...9)
        let x = try Check.operand(inputs, 0, "x")
        let (gate, up) = (try Check.operand(inputs, 1, "gate_weight"), try Check.operand(inputs, 2, "up_weight"))
        let y = try QuantizedProduct.resultType(x, gate, try Check.operand(inputs, 3, "gate_scale"), Check.optional(inputs, 7))
        let second = try QuantizedProduct.resultType(x, up, try Check.operand(inputs, 4, "up_scale"), Check.optional(inputs, 8))
        guard second.shape == y.shape, gate.dtype == up.dtype, inputs[3] == inputs[4] else {
            throw InferenceError("gate_weight and up_weight must have the same type, and scales of one type and number")
        }
        try QuantizedProduct.checkBias(Check.optional(inputs, 5), gate)
        try QuantizedProduct.checkBias(Check.optional(inputs, 6), up)
        return [y]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        var cost = QuantizedProduct.cost(inputs, outputs, products: 2)
        cost.flops = cost.flops + outputs.reduce(0) { $0 + $1.elementCount } * Dim(activation.flops + 1)
        return cost
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        func optional(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
        func branch(_ weight: Int, _ scale: Int, _ bias: Int) throws -> (values: [Float], shape: [Int]) {
            QuantizedProduct.product(
                x, try Tensor.operand(inputs, weight), try Tensor.operand(inputs, scale), optional(bias + 2), optional(bias),
                weightOnly: weightOnly)
        }
        let (gates, shape) = try branch(1, 3, 5)
        let values = zip(gates, try branch(2, 4, 6).values).map { activation.apply(Double($0)) * Double($1) }
        return [Tensor(values, shape, as: .f32)]
    }
}
