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

/// An RNN, GRU or LSTM of one or two directions, as a scan over time for each.
///
/// What inputs add to the gates is one product for all times, before; the scan adds what the state adds:
///
///     x [t, b, i] ─▶ · Wᵀ + bias ─▶ [t, b, gates · h] ─▶ scan(state) ─▶ [t, b, h]
struct RecurrentLayer {
    let kind: RecurrentKind
    /// For each direction whether it runs from the end.
    let directions: [Bool]
    let activations: [[RecurrentActivation]]
    let clip: Double?
    let coupled, linearBeforeReset, batchFirst: Bool
    /// Whether inputs and states are rounded to 8 bits in front of their products.
    let quantized: Bool

    /// Operands as values; W and R are `[d, gates · h, i]` and `[d, gates · h, h]`.
    struct Weights {
        var x, w, r: ValueID
        var bias, lengths, h, c, peephole: ValueID?

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
        guard node.shape(weights.r)[0] == Dim(directions.count) else {
            throw NodeProblem("R (\(node.type(weights.r))) is not for \(directions.count) directions")
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

    /// How a step gets at a value from outside.
    private typealias Fetch = (NodeImport, ValueID, String) throws -> ValueID

    /// One direction: all hidden states, the last one, the last cell.
    private func run(_ node: inout NodeImport, _ weights: Weights, _ direction: Int) throws -> [ValueID] {
        let shape = node.shape(weights.x)
        let (times, batch, hidden) = (shape[0], shape[1], node.shape(weights.r)[2])
        let cell = RecurrentCell(
            kind: kind, hidden: hidden, activations: activations[direction], clip: clip, coupled: coupled,
            linearBeforeReset: linearBeforeReset, quantized: quantized)
        let bias = try weights.bias.map { try RecurrentCell.Bias(&node, try part(&node, $0, direction), cell) }
        let w = try part(&node, weights.w, direction)
        let x = quantized ? try node.rounded8Bits(weights.x, along: [0, 1, 2]) : weights.x
        var input = try node.emit(MatMul(transposeB: true), x, w)
        if let bias { input = try node.binary(Add.self, input, bias.input) }
        let state = { (node: inout NodeImport, value: ValueID?) throws -> ValueID in
            if let value { return try part(&node, value, direction) }
            return try node.emit(Fill(shape: [batch, hidden], value: .float(0), dtype: node.dtype(weights.x)))
        }
        var states = [try state(&node, weights.h)]
        if kind == .lstm { states.append(try state(&node, weights.c)) }
        var sequences = [input]
        if weights.lengths != nil { sequences.append(try node.emit(Iota(size: times))) }
        let types =
            states.map { node.type($0) }
            + sequences.map { value in node.type(value).with(shape: Array(node.shape(value).dropFirst())) }
        let count = states.count
        let step = { (node: inout NodeImport, values: [ValueID], fetch: Fetch) throws -> [ValueID] in
            let r = try part(&node, try fetch(node, weights.r, "R"), direction)
            var operands = RecurrentCell.Operands(states: Array(values[..<count]), input: values[count], r: r)
            operands.bias = try bias?.state.map { try fetch(node, $0, "B") }
            if let given = weights.peephole { operands.peephole = try part(&node, try fetch(node, given, "P"), direction) }
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
        let backward = directions[direction]
        let scan = Scan(
            body: body, states: count, axes: sequences.map { _ in 0 }, reverse: backward ? Array(sequences.indices) : [], partAxes: [0],
            partReverse: backward ? [0] : [])
        let results = try node.add(scan, states + sequences + captures)
        return [results[count]] + results[..<count]
    }

    /// Entry `direction` of a value whose first dimension is directions.
    private func part(_ node: inout NodeImport, _ value: ValueID, _ direction: Int) throws -> ValueID {
        if directions.count == 1 { return try node.squeeze(value, 0) }
        return try node.squeeze(try node.slice(value, axis: 0, direction..<(direction + 1)), 0)
    }
}
