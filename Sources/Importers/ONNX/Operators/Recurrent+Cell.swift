import IR

/// One step of a recurrent layer in one direction.
struct RecurrentCell {
    let kind: RecurrentKind
    let hidden: Dim
    let activations: [RecurrentActivation]
    let clip: Double?
    /// LSTM: the forget gate is one minus the input gate.
    let coupled: Bool
    /// GRU: the reset gate works on the product of the state.
    let linearBeforeReset: Bool
    /// Whether the state is rounded to 8 bits in front of its product, each row by itself.
    let quantized: Bool

    struct Operands {
        /// `[b, h]`: the hidden state; of an LSTM the cell too.
        let states: [ValueID]
        /// What inputs add to the gates, `[b, gates · h]`.
        let input: ValueID
        /// `[gates · h, h]`.
        let r: ValueID
        /// What is added to the state's product; see ``Bias/state``.
        var bias: ValueID?
        /// LSTM: `[3 · h]` for the input, output and forget gate.
        var peephole: ValueID?
    }

    /// Biases: those of inputs and state are added up where they may be.
    struct Bias {
        /// `[gates · h]`, for the inputs' product.
        let input: ValueID
        /// `[h]`: what the hidden gate of a GRU adds before the reset gate; nil elsewhere.
        let state: ValueID?

        /// - Parameter both: `[2 · gates · h]`, that of inputs first.
        init(_ node: inout NodeImport, _ both: ValueID, _ cell: RecurrentCell) throws {
            let (hidden, width) = (cell.hidden, cell.hidden * Dim(cell.kind.gates))
            let range = { (node: inout NodeImport, value: ValueID, start: Dim, end: Dim) in
                try node.emit(Slice(axis: 0, start: start, end: end), value)
            }
            let own = try range(&node, both, 0, width)
            let other = try range(&node, both, width, width * 2)
            guard cell.kind == .gru, cell.linearBeforeReset else {
                (input, state) = (try node.binary(Add.self, own, other), nil)
                return
            }
            let gates = try node.binary(Add.self, try range(&node, own, 0, hidden * 2), try range(&node, other, 0, hidden * 2))
            input = try node.concat([gates, try range(&node, own, hidden * 2, width)], axis: 0)
            state = try range(&node, other, hidden * 2, width)
        }
    }

    /// The new states.
    func write(_ node: inout NodeImport, _ operands: Operands) throws -> [ValueID] {
        switch kind {
        case .rnn:
            let sum = try node.binary(Add.self, operands.input, try product(&node, operands.states[0], operands.r))
            return [try apply(&node, 0, sum)]
        case .gru: return [try gru(&node, operands)]
        case .lstm: return try lstm(&node, operands)
        }
    }

    private func product(_ node: inout NodeImport, _ x: ValueID, _ weight: ValueID) throws -> ValueID {
        try node.emit(MatMul(transposeB: true), quantized ? try node.rounded8Bits(x, along: [1]) : x, weight)
    }

    private func apply(_ node: inout NodeImport, _ index: Int, _ x: ValueID, clipped: Bool = true) throws -> ValueID {
        var x = x
        if let clip, clipped { x = try node.binary(Minimum.self, try node.binary(Maximum.self, x, -clip), clip) }
        return try activations[index].write(&node, x)
    }

    /// Columns of gates `range`.
    private func gates(_ node: inout NodeImport, _ x: ValueID, _ range: Range<Int>) throws -> ValueID {
        let (start, end) = (hidden * Dim(range.lowerBound), hidden * Dim(range.upperBound))
        return try node.emit(Slice(axis: node.rank(x) - 1, start: start, end: end), x)
    }

    private func rows(_ node: inout NodeImport, _ x: ValueID, _ range: Range<Int>) throws -> ValueID {
        try node.emit(Slice(axis: 0, start: hidden * Dim(range.lowerBound), end: hidden * Dim(range.upperBound)), x)
    }

    /// h' = (1 - z) · g(…) + z · h.
    private func gru(_ node: inout NodeImport, _ operands: Operands) throws -> ValueID {
        let h = operands.states[0]
        let candidate = try gates(&node, operands.input, 2..<3)
        let update, inner: ValueID
        if linearBeforeReset {
            let all = try product(&node, h, operands.r)
            let sum = try node.binary(Add.self, try gates(&node, operands.input, 0..<2), try gates(&node, all, 0..<2))
            let open = try apply(&node, 0, sum)
            update = try gates(&node, open, 0..<1)
            var read = try gates(&node, all, 2..<3)
            if let bias = operands.bias { read = try node.binary(Add.self, read, bias) }
            inner = try node.binary(Mul.self, try gates(&node, open, 1..<2), read)
        } else {
            let both = try product(&node, h, try rows(&node, operands.r, 0..<2))
            let open = try apply(&node, 0, try node.binary(Add.self, try gates(&node, operands.input, 0..<2), both))
            update = try gates(&node, open, 0..<1)
            let reset = try node.binary(Mul.self, try gates(&node, open, 1..<2), h)
            inner = try product(&node, reset, try rows(&node, operands.r, 2..<3))
        }
        let proposal = try apply(&node, 1, try node.binary(Add.self, candidate, inner))
        let fresh = try node.binary(Mul.self, try node.binary(Sub.self, try node.scalar(1, node.dtype(update)), update), proposal)
        return try node.binary(Add.self, fresh, try node.binary(Mul.self, update, h))
    }

    /// c' = f · c + i · g, h' = o · act(c'); gates stand in the order i, o, f, g. Other runtimes do not clip c' either.
    private func lstm(_ node: inout NodeImport, _ operands: Operands) throws -> [ValueID] {
        let (h, c) = (operands.states[0], operands.states[1])
        let sum = try node.binary(Add.self, operands.input, try product(&node, h, operands.r))
        // Without peepholes the gates open together.
        let open = try operands.peephole == nil ? apply(&node, 0, try gates(&node, sum, 0..<3)) : nil
        func gate(_ node: inout NodeImport, _ index: Int, seeing cell: ValueID) throws -> ValueID {
            if let open { return try gates(&node, open, index..<(index + 1)) }
            var x = try gates(&node, sum, index..<(index + 1))
            if let peephole = operands.peephole {
                x = try node.binary(Add.self, x, try node.binary(Mul.self, try gates(&node, peephole, index..<(index + 1)), cell))
            }
            return try apply(&node, 0, x)
        }
        let input = try gate(&node, 0, seeing: c)
        let forget =
            try coupled
            ? node.binary(Sub.self, try node.scalar(1, node.dtype(input)), input) : gate(&node, 2, seeing: c)
        let proposal = try apply(&node, 1, try gates(&node, sum, 3..<4))
        let cell = try node.binary(Add.self, try node.binary(Mul.self, forget, c), try node.binary(Mul.self, input, proposal))
        let output = try gate(&node, 1, seeing: cell)
        return [try node.binary(Mul.self, output, try apply(&node, 2, cell, clipped: false)), cell]
    }
}

/// An activation function of a recurrent layer, with its numbers.
struct RecurrentActivation {
    let name: String
    let alpha, beta: Double

    /// Functions with one or two numbers, and what those are by default.
    private static let numbers: [String: [Double]] = [
        "affine": [1, 0], "leakyrelu": [0.01], "thresholdedrelu": [1], "scaledtanh": [1, 1], "hardsigmoid": [0.2, 0.5], "elu": [1],
    ]
    private static let plain: Set<String> = ["relu", "tanh", "sigmoid", "softsign", "softplus"]

    /// - Parameters alpha, beta: nil for what the function has by default.
    init(named name: String, _ alpha: Double?, _ beta: Double?) throws {
        let key = name.lowercased()
        guard let numbers = Self.numbers[key] ?? (Self.plain.contains(key) ? [] : nil) else {
            throw NodeProblem("activation '\(name)' is not known")
        }
        self.name = key
        self.alpha = alpha ?? numbers.first ?? 1
        self.beta = beta ?? numbers.dropFirst().first ?? 0
    }

    /// The functions for each direction. Numbers are handed out in order to those that take any.
    static func read(_ node: NodeImport, _ defaults: [String], _ directions: Int) throws -> [[RecurrentActivation]] {
        let count = defaults.count
        let names = try node.strings("activations") ?? (0..<directions).flatMap { _ in defaults }
        guard names.count == count * directions else {
            throw NodeProblem("\(count * directions) activations are needed, not \(names.count)")
        }
        var (alphas, betas) = (try node.floats("activation_alpha")?[...] ?? [], try node.floats("activation_beta")?[...] ?? [])
        let all = try names.map { name -> RecurrentActivation in
            let takes = RecurrentActivation.numbers[name.lowercased()]?.count ?? 0
            return try RecurrentActivation(named: name, takes > 0 ? alphas.popFirst() : nil, takes > 1 ? betas.popFirst() : nil)
        }
        return (0..<directions).map { Array(all[($0 * count)..<(($0 + 1) * count)]) }
    }

    func write(_ node: inout NodeImport, _ x: ValueID) throws -> ValueID {
        switch name {
        case "relu": return try node.unary(Relu.self, x)
        case "tanh": return try node.unary(Tanh.self, x)
        case "softplus": return try node.unary(Softplus.self, x)
        case "affine": return try node.binary(Add.self, try node.binary(Mul.self, x, alpha), beta)
        case "leakyrelu": return try node.choose(try node.compare(Less.self, x, 0), try node.binary(Mul.self, x, alpha), x)
        case "thresholdedrelu":
            return try node.choose(try node.compare(Less.self, x, alpha), try node.scalar(0, node.dtype(x)), x)
        case "scaledtanh": return try node.binary(Mul.self, try node.unary(Tanh.self, try node.binary(Mul.self, x, beta)), alpha)
        case "hardsigmoid": return try OperatorMapping.hardSigmoid(&node, x, alpha: alpha, beta: beta)
        case "elu":
            let low = try node.binary(Sub.self, try node.unary(Exp.self, try node.binary(Minimum.self, x, 0)), 1)
            return try node.choose(try node.compare(Less.self, x, 0), try node.binary(Mul.self, low, alpha), x)
        case "softsign":
            return try node.binary(Div.self, x, try node.binary(Add.self, try node.unary(Abs.self, x), 1))
        default: return try node.unary(Sigmoid.self, x)
        }
    }
}
