/// A plain recurrent layer (Elman 1990).
package struct RNN: RecurrentOperator {
    package static let opName = "rnn"
    package static let gates = 1

    package static let documentation = OperatorDocumentation(
        "Hidden states step by step: each is an activation of what the input and the state before add up to.",
        formula: "h = act(gates[t] + weight·h); y[t] = h",
        operands: ["gates: float[t, b, h], of the inputs", "weight: float[h, h]", "state: float[b, h]", "lengths?: i64[b], default t"],
        results: ["y: float[t, b, h], 0 beyond a row's length", "last: float[b, h]"],
        attributes: sharedDocumentation.merging(["activation": "'tanh' (default), 'relu' or 'sigmoid'"]) { $1 },
        onnx: "MatMul of the inputs, then RNN")

    package let activation: Activation
    package let reverse: Bool
    package let clip: Double?

    package init(activation: Activation = .tanh, reverse: Bool = false, clip: Double? = nil) {
        (self.activation, self.reverse, self.clip) = (activation, reverse, clip)
    }

    package init(reading attributes: inout AttributeReader) throws {
        activation = try attributes.choice("activation", default: Activation.tanh)
        reverse = try attributes.bool("reverse")
        clip = try RNN.readClip(&attributes)
        guard RNN.activations.contains(activation) else { throw AttributeError("activation must be tanh, relu or sigmoid") }
    }

    package static let activations: [Activation] = [.tanh, .relu, .sigmoid]

    package var attributes: Attributes {
        var fields = sharedAttributes
        if activation != .tanh { fields["activation"] = .string(activation.rawValue) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 3...4)
        let types = try checkShared(inputs)
        try Check.float(try Check.operand(inputs, RecurrentOperand.weight, "weight"), "weight")
        return [types.all, types.state]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let weight = RecurrentWeight(try Tensor.operand(inputs, RecurrentOperand.weight))
        return try unroll(inputs, states: [try Tensor.operand(inputs, RecurrentOperand.state)]) { gates, states in
            [sums(gates, 0, weight.product(states[0], gate: 0)).map(activation.apply)]
        }
    }
}
