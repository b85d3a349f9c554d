import IR

/// Recurrent networks.
extension OperatorMapping {
    static let recurrent: [OperatorMapping] = [
        OperatorMapping("RNN") { node in try recurrent(&node, .rnn) },
        OperatorMapping("GRU") { node in try recurrent(&node, .gru) },
        OperatorMapping("LSTM") { node in try recurrent(&node, .lstm) },
    ]

    private static func recurrent(_ node: inout NodeImport, _ kind: RecurrentKind) throws -> [ValueID?] {
        let layer = try RecurrentLayer(node, kind)
        return try layer.write(&node, RecurrentLayer.Weights(&node))
    }
}

enum RecurrentKind {
    case rnn, gru, lstm

    var gates: Int {
        switch self {
        case .rnn: 1
        case .gru: 3
        case .lstm: 4
        }
    }

    /// Numbers of activation functions for one direction, by default.
    var activations: [String] {
        switch self {
        case .rnn: ["Tanh"]
        case .gru: ["Sigmoid", "Tanh"]
        case .lstm: ["Sigmoid", "Tanh", "Tanh"]
        }
    }
}

/// An RNN, GRU or LSTM of one or two directions.
///
/// What inputs add to the gates is one product for all times, before; an operator for each direction adds what the state adds:
///
///     x [t, b, i] ─▶ · Wᵀ + bias ─▶ [t, b, gates · h] ─▶ lstm(state) ─▶ [t, b, h]
///
/// Cells with other activations than the usual ones, or in f64, are scans over time.
struct RecurrentLayer {
    let kind: RecurrentKind
    /// For each direction whether it runs from the end.
    let directions: [Bool]
    let activations: [[RecurrentActivation]]
    let clip: Double?
    let coupled, linearBeforeReset, batchFirst: Bool
    /// Whether inputs and states are rounded to 8 bits in front of their products.
    let quantized: Bool

    /// Operands as values; W and R are `[d, gates · h, i]` and `[d, gates · h, h]`, levels of 8 bits `[d, i, gates · h]` and
    /// `[d, h, gates · h]`.
    struct Weights {
        var x, w, r: ValueID
        var bias, lengths, h, c, peephole: ValueID?
        /// Scales and zero points of levels, `[d]` or `[d, gates · h]`.
        var levels: (w: OperatorMapping.Quantized, r: OperatorMapping.Quantized)?

        init(x: ValueID, w: ValueID, r: ValueID) { (self.x, self.w, self.r) = (x, w, r) }

        /// Inputs in the order of ONNX.
        init(_ node: inout NodeImport) throws {
            self.init(x: try node.input(0), w: try node.input(1), r: try node.input(2))
            (bias, lengths, h) = (node.optional(3), node.optional(4), node.optional(5))
            (c, peephole) = (node.optional(6), node.optional(7))
        }
    }

    init(_ node: NodeImport, _ kind: RecurrentKind, quantized: Bool = false) throws {
        (self.kind, self.quantized) = (kind, quantized)
        switch try node.string("direction", "forward").lowercased() {
        case "forward": directions = [false]
        case "reverse": directions = [true]
        case "bidirectional": directions = [false, true]
        case let other: throw NodeProblem("direction '\(other)' is not known")
        }
        activations = try RecurrentActivation.read(node, kind.activations, directions.count)
        clip = try node.float("clip").flatMap { $0 > 0 ? $0 : nil }
        coupled = try node.flag("input_forget", false)
        linearBeforeReset = try node.flag("linear_before_reset", false)
        batchFirst = try node.flag("layout", false)
    }

    /// Y, Y_h and, of an LSTM, Y_c.
    func write(_ node: inout NodeImport, _ weights: Weights) throws -> [ValueID?] {
        var weights = weights
        guard node.rank(weights.x) == 3, node.rank(weights.w) == 3, node.rank(weights.r) == 3 else {
            let types = [weights.x, weights.w, weights.r].map { "\(node.type($0))" }
            throw NodeProblem("X, W and R must have 3 dimensions, not \(types.joined(separator: ", "))")
        }
        guard node.shape(weights.r)[0] == Dim(directions.count), node.shape(weights.w)[0] == Dim(directions.count) else {
            let types = "W (\(node.type(weights.w))) and R (\(node.type(weights.r)))"
            throw NodeProblem("\(types) are not for \(directions.count) directions")
        }
        try node.require([weights.bias, weights.peephole], rank: 2, "B and P")
        try node.require([weights.h, weights.c], rank: 3, "initial states")
        try node.require([weights.lengths], rank: 1, "sequence_lens")
        if batchFirst {
            weights.x = try node.transpose(weights.x, [1, 0, 2])
            weights.h = try weights.h.map { try node.transpose($0, [1, 0, 2]) }
            weights.c = try weights.c.map { try node.transpose($0, [1, 0, 2]) }
        }
        var parts: [[ValueID]] = []
        for direction in directions.indices { parts.append(try run(&node, weights, direction)) }
        // [t, b, h] of each direction to [t, d, b, h]; [b, h] to [d, b, h].
        var results = try (0..<parts[0].count).map { index in
            let axis = index == 0 ? 1 : 0
            return try node.concat(try parts.map { try node.unsqueeze($0[index], axis) }, axis: axis)
        }
        if batchFirst {
            results[0] = try node.transpose(results[0], [2, 0, 1, 3])
            for index in results.indices.dropFirst() { results[index] = try node.transpose(results[index], [1, 0, 2]) }
        }
        return results
    }

    /// One direction: all hidden states, the last one, the last cell.
    private func run(_ node: inout NodeImport, _ weights: Weights, _ direction: Int) throws -> [ValueID] {
        let hidden = weights.levels == nil ? node.shape(weights.r)[2] : node.shape(weights.r)[1]
        let cell = RecurrentCell(
            kind: kind, hidden: hidden, activations: activations[direction], clip: clip, coupled: coupled,
            linearBeforeReset: linearBeforeReset, quantized: quantized)
        let bias = try weights.bias.map { try RecurrentCell.Bias(&node, try part(&node, $0, direction), cell) }
        let batch = node.shape(weights.x)[1]
        let state = { (node: inout NodeImport, value: ValueID?) throws -> ValueID in
            if let value { return try part(&node, value, direction) }
            return try node.emit(Fill(shape: [batch, hidden], value: .float(0), dtype: node.dtype(weights.x)))
        }
        var states = [try state(&node, weights.h)]
        if kind == .lstm { states.append(try state(&node, weights.c)) }
        let input = try inputs(&node, weights, direction, bias?.input)
        let layer = RecurrentDirection(cell: cell, isBackward: directions[direction], input: input, states: states, bias: bias?.state)
        if let results = try layer.writeOperator(&node, weights, direction, self) { return results }
        return try layer.writeScan(&node, try dequantized(&node, weights), direction, self)
    }

    /// What inputs add to the gates in all steps.
    private func inputs(_ node: inout NodeImport, _ weights: Weights, _ direction: Int, _ bias: ValueID?) throws -> ValueID {
        if let levels = weights.levels {
            let x = try OperatorMapping.dynamicallyQuantized(&node, try within(&node, weights))
            let w = try part(&node, levels.w, direction)
            return try OperatorMapping.scaledProduct(
                &node, OperatorMapping.Quantized(value: x.value, scale: x.scale, zero: x.zero), w, bias: bias)
        }
        let product = try node.emit(MatMul(transposeB: true), weights.x, try part(&node, weights.w, direction))
        return try bias.map { try node.binary(Add.self, product, $0) } ?? product
    }

    /// x with 0 behind the longest row: what nobody reads is not to widen the range of its levels.
    private func within(_ node: inout NodeImport, _ weights: Weights) throws -> ValueID {
        guard let lengths = weights.lengths else { return weights.x }
        let longest = try node.reduce(ReduceMax.self, try node.cast(lengths, to: .i64), [0], keepDims: true)
        let isRead = try node.compare(Less.self, try node.emit(Iota(size: node.shape(weights.x)[0])), longest)
        let zero = try node.scalar(0, node.dtype(weights.x))
        return try node.choose(try node.reshape(isRead, [node.shape(weights.x)[0], 1, 1]), weights.x, zero)
    }

    /// Levels of R as what they stand for.
    private func dequantized(_ node: inout NodeImport, _ weights: Weights) throws -> Weights {
        guard let levels = weights.levels else { return weights }
        var weights = weights
        weights.r = try OperatorMapping.dequantizedRecurrent(&node, levels.r)
        weights.levels = nil
        return weights
    }

    /// Entry `direction` of a value whose first dimension is directions: a constant of a constant.
    func part(_ node: inout NodeImport, _ value: ValueID, _ direction: Int) throws -> ValueID {
        if let known = node.scope.constantTensor(value), known.dtype.bits >= 8 {
            return try node.constant(try known.part(direction, axis: 0))
        }
        if directions.count == 1 { return try node.squeeze(value, 0) }
        return try node.squeeze(try node.slice(value, axis: 0, direction..<(direction + 1)), 0)
    }

    /// Levels of one direction with their scale and zero point.
    func part(_ node: inout NodeImport, _ levels: OperatorMapping.Quantized, _ direction: Int) throws -> OperatorMapping.Quantized {
        OperatorMapping.Quantized(
            value: try part(&node, levels.value, direction), scale: try levels.scale.map { try part(&node, $0, direction) },
            zero: try levels.zero.map { try part(&node, $0, direction) })
    }
}
