import Formats
import IR

extension ExportMapping {
    static let recurrent: [ExportMapping] = [
        ExportMapping("rnn") { node in
            let name = try node.op(RNN.self).activation.rawValue.capitalized
            return try node.recurrent("RNN", node.op(RNN.self), [.texts("activations", [name])])
        },
        ExportMapping("gru") { node in
            let op = try node.op(GRU.self)
            return try node.recurrent("GRU", op, [.flag("linear_before_reset", op.resetAfter)], stateBias: GRU.biasOperand)
        },
        ExportMapping("lstm") { node in
            let op = try node.op(LSTM.self)
            return try node.recurrent("LSTM", op, [], behind: [LSTM.cellOperand, LSTM.peepholeOperand])
        },
    ]
}

extension ExportScope {
    /// The product of inputs that `node`, a recurrent layer, reads alone: it becomes part of that, as ONNX has it.
    func inputProduct(of node: Node) -> Node? {
        guard node.op is any RecurrentOperator, let gates = node.inputs.first ?? nil, graph.hasSingleUse(gates),
            let product = graph.producer(of: gates), product.op is Linear
        else { return nil }
        return product
    }

    /// Whether a recurrent layer takes the place of `node`.
    func isPartOfLayer(_ node: Node) -> Bool {
        guard node.op is Linear, let user = graph.users(of: node.outputs[0]).first.flatMap({ graph.node($0) }) else { return false }
        return inputProduct(of: user)?.id == node.id
    }
}

extension NodeExport {
    /// A layer of one direction: all states, the last ones.
    ///
    /// - Parameters:
    ///   - behind: Operands behind the first state; each gets a dimension for directions.
    ///   - stateBias: The operand that adds to the last gate's product of the state.
    fileprivate func recurrent(
        _ name: String, _ op: any RecurrentOperator, _ attributes: [ONNXAttribute], behind: [Int] = [], stateBias: Int? = nil
    ) throws -> [String] {
        guard let hidden = try shape(RecurrentOperand.weight)[1].value else { throw ExportProblem("its hidden size must be a number") }
        let (own, width) = (try dtype(0), hidden * op.gateCount)
        // Standard ONNX has these layers in f16, f32 and f64.
        let dtype: DType = own == .bf16 ? .f32 : own
        let (x, w, bias) = try inputProduct(width, dtype)
        let r = unsqueeze(try stateWeight(dtype), [0])
        var last = try filled([Dim(width)], 0.0, dtype)
        if let stateBias, let given = try optional(stateBias, as: dtype) {
            last = emit("Concat", [try filled([Dim(width - hidden)], 0.0, dtype), given], [.int("axis", 0)])
        }
        let both = unsqueeze(emit("Concat", [try bias ?? filled([Dim(width)], 0.0, dtype), last], [.int("axis", 0)]), [0])
        let lengths = try optional(RecurrentOperand.lengths, as: .i32) ?? ""
        let states = try ([RecurrentOperand.state] + behind).map { try optional($0, as: dtype).map { unsqueeze($0, [0]) } ?? "" }
        var fields: [ONNXAttribute] = attributes + [.int("hidden_size", hidden), .text("direction", op.reverse ? "reverse" : "forward")]
        if let clip = op.clip { fields.append(.float("clip", clip)) }
        let results = emit(name, [x, unsqueeze(w, [0]), r, both, lengths] + states, fields, outputs: node.outputs.count)
        return results.enumerated().map { index, result in
            cast(emit("Squeeze", result, ints([index == 0 ? 1 : 0])), from: dtype, to: own)
        }
    }

    /// Inputs, their weight and a bias. Gates that are there already are inputs whose weight is the unit matrix.
    private func inputProduct(_ width: Int, _ dtype: DType) throws -> (x: String, weight: String, bias: String?) {
        guard let product = scope.inputProduct(of: node) else {
            var unit = [Double](repeating: 0, count: width * width)
            for index in 0..<width { unit[index * width + index] = 1 }
            return (try input(0, as: dtype), scope.model.constant(Tensor(unit, [width, width], as: dtype), "unit"), nil)
        }
        let part = NodeExport(product, scope)
        defer { part.finish() }
        return (try part.input(0, as: dtype), try part.input(1, as: dtype), try part.optional(2, as: dtype))
    }

    /// The weight of the state; what integers stand for, as standard ONNX rounds no states.
    private func stateWeight(_ dtype: DType) throws -> String {
        guard try self.dtype(RecurrentOperand.weight) == .i8 else { return try input(RecurrentOperand.weight, as: dtype) }
        var levels = try input(RecurrentOperand.weight, as: .i32)
        if let zero = try optional(LSTM.zeroOperand) { levels = emit("Sub", levels, unsqueeze(zero, [1])) }
        return emit("Mul", cast(levels, from: .i32, to: .f32), unsqueeze(try input(LSTM.scaleOperand), [1]))
    }
}
