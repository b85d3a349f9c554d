import IR

/// One direction of a recurrent layer, of which all that does not depend on the state is computed.
struct RecurrentDirection {
    let cell: RecurrentCell
    let isBackward: Bool
    /// What inputs add to the gates, `[t, b, gates · h]`.
    let input: ValueID
    /// The hidden state, and the cell of an LSTM, `[b, h]`.
    let states: [ValueID]
    /// See ``RecurrentCell/Bias/state``.
    let bias: ValueID?

    /// As an operator: all hidden states, the last one, the last cell; nil if no operator is this cell.
    func writeOperator(
        _ node: inout NodeImport, _ weights: RecurrentLayer.Weights, _ direction: Int, _ layer: RecurrentLayer
    ) throws -> [ValueID]? {
        guard let op = cell.layer(reverse: isBackward), [.f32, .f16, .bf16].contains(node.dtype(input)) else { return nil }
        var operands: [ValueID?] = [input, nil, states[0]]
        var (scale, zero): (ValueID?, ValueID?) = (nil, nil)
        if let levels = weights.levels {
            guard node.scope.constantTensor(levels.r.value) != nil else { return nil }
            let r = try OperatorMapping.recurrentLevels(&node, try layer.part(&node, levels.r, direction))
            (operands[1], scale, zero) = (r.value, r.scale, r.zero)
        } else {
            operands[1] = try layer.part(&node, weights.r, direction)
        }
        operands.append(try weights.lengths.map { try node.cast($0, to: .i64) })
        switch cell.kind {
        case .rnn: break
        case .gru: operands.append(bias)
        case .lstm:
            let peephole = try weights.peephole.map { try layer.part(&node, $0, direction) }
            operands += [states[1], peephole, scale, zero]
        }
        while operands.last == .some(nil) { operands.removeLast() }
        return try node.add(op, operands)
    }

    /// How a step gets at a value from outside.
    private typealias Fetch = (NodeImport, ValueID, String) throws -> ValueID

    /// As a scan over the steps.
    func writeScan(
        _ node: inout NodeImport, _ weights: RecurrentLayer.Weights, _ direction: Int, _ layer: RecurrentLayer
    ) throws -> [ValueID] {
        let times = node.shape(input)[0]
        var sequences = [input]
        if weights.lengths != nil { sequences.append(try node.emit(Iota(size: times))) }
        let types =
            states.map { node.type($0) }
            + sequences.map { value in node.type(value).with(shape: Array(node.shape(value).dropFirst())) }
        let count = states.count
        let step = { (node: inout NodeImport, values: [ValueID], fetch: Fetch) throws -> [ValueID] in
            let r = try layer.part(&node, try fetch(node, weights.r, "R"), direction)
            var operands = RecurrentCell.Operands(states: Array(values[..<count]), input: values[count], r: r)
            operands.bias = try bias.map { try fetch(node, $0, "B") }
            if let given = weights.peephole { operands.peephole = try layer.part(&node, try fetch(node, given, "P"), direction) }
            let next = try cell.write(&node, operands)
            guard let lengths = weights.lengths, let time = values.last else { return next + [next[0]] }
            let lasts = try node.unsqueeze(try node.cast(try fetch(node, lengths, "sequence_lens"), to: .i64), 1)
            let isOver = try node.compare(GreaterEqual.self, time, lasts)
            let kept = try zip(values, next).map { try node.choose(isOver, $0, $1) }
            return kept + [try node.choose(isOver, try node.scalar(0, node.dtype(next[0])), next[0])]
        }
        if times.value == 1 {
            let parts = try sequences.map { try node.squeeze($0, 0) }
            let results = try step(&node, states + parts) { _, value, _ in value }
            return [try node.unsqueeze(results[count], 0)] + results[..<count]
        }
        let (body, captures) = try node.body(types) { node, values in
            try step(&node, values) { node, value, name in try node.captured(value, name) }
        }
        let scan = Scan(
            body: body, states: count, axes: sequences.map { _ in 0 }, reverse: isBackward ? Array(sequences.indices) : [],
            partAxes: [0], partReverse: isBackward ? [0] : [])
        let results = try node.add(scan, states + sequences + captures)
        return [results[count]] + results[..<count]
    }
}

extension RecurrentCell {
    /// The operator that is this cell; nil for activations and forms that none has.
    func layer(reverse: Bool) -> (any RecurrentOperator)? {
        let names = activations.map(\.name)
        switch kind {
        case .rnn:
            guard let activation = Activation(rawValue: names[0]), RNN.activations.contains(activation) else { return nil }
            return RNN(activation: activation, reverse: reverse, clip: clip)
        case .gru: return names == ["sigmoid", "tanh"] ? GRU(resetAfter: linearBeforeReset, reverse: reverse, clip: clip) : nil
        case .lstm: return names == ["sigmoid", "tanh", "tanh"] && !coupled ? LSTM(reverse: reverse, clip: clip) : nil
        }
    }
}
