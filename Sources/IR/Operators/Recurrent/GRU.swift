/// Gated recurrent units (Cho et al., arXiv 1406.1078).
package struct GRU: RecurrentOperator {
    package static let opName = "gru"
    package static let gates = 3

    package static let documentation = OperatorDocumentation(
        "Gated recurrent units; gates lie in the order z (keeps the state), r (reset), n (new).",
        formula: "z, r = σ(gates + weight·h); n = tanh(gates + weight·(r h)), with reset_after tanh(gates + r (weight·h + bias)); "
            + "h = (1 - z) n + z h; y[t] = h",
        operands: [
            "gates: float[t, b, 3·h], of the inputs", "weight: float[3·h, h]", "state: float[b, h]", "lengths?: i64[b], default t",
            "bias?: float[h], with reset_after",
        ],
        results: ["y: float[t, b, h], 0 beyond a row's length", "last: float[b, h]"],
        attributes: sharedDocumentation.merging(["reset_after": "whether r works on the state's product, default false"]) { $1 },
        onnx: "MatMul of the inputs, then GRU; reset_after is linear_before_reset")

    package static let biasOperand = 4

    package let resetAfter: Bool
    package let reverse: Bool
    package let clip: Double?

    package init(resetAfter: Bool, reverse: Bool = false, clip: Double? = nil) {
        (self.resetAfter, self.reverse, self.clip) = (resetAfter, reverse, clip)
    }

    package init(reading attributes: inout AttributeReader) throws {
        resetAfter = try attributes.bool("reset_after")
        reverse = try attributes.bool("reverse")
        clip = try GRU.readClip(&attributes)
    }

    package var attributes: Attributes {
        var fields = sharedAttributes
        if resetAfter { fields["reset_after"] = .bool(true) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 3...5)
        let types = try checkShared(inputs)
        try Check.float(try Check.operand(inputs, RecurrentOperand.weight, "weight"), "weight")
        if let bias = Check.optional(inputs, GRU.biasOperand) {
            guard resetAfter else { throw InferenceError("without reset_after it takes no bias") }
            try Check.shape(bias, Array(types.state.shape.suffix(1)), "bias")
            try Check.dtype(bias, types.state.dtype, "bias")
        }
        return [types.all, types.state]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let weight = RecurrentWeight(try Tensor.operand(inputs, RecurrentOperand.weight))
        let bias = inputs.count > GRU.biasOperand ? inputs[GRU.biasOperand]?.doubles : nil
        return try unroll(inputs, states: [try Tensor.operand(inputs, RecurrentOperand.state)]) { gates, states in
            let h = states[0]
            let update = sums(gates, 0, weight.product(h, gate: 0)).map(Sigmoid.apply)
            let reset = sums(gates, 1, weight.product(h, gate: 1)).map(Sigmoid.apply)
            let passed: [Double]
            if resetAfter {
                let product = weight.product(h, gate: 2)
                passed = product.indices.map { reset[$0] * (product[$0] + (bias?[$0] ?? 0)) }
            } else {
                passed = weight.product(zip(reset, h).map(*), gate: 2)
            }
            let fresh = sums(gates, 2, passed).map(Tanh.apply)
            return [h.indices.map { (1 - update[$0]) * fresh[$0] + update[$0] * h[$0] }]
        }
    }
}
