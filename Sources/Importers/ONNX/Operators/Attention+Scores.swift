import IR

/// Attention spelled out, as ``Attention`` computes it in one step: products, softmax, products.
///
///     scores = q·kᵀ · scale ─▶ softcap · tanh(· / softcap) ─▶ + bias, and -∞ where not allowed ─▶ softmax ─▶ · v
///
/// A query that sees no key gives 0.
struct AttentionMapping {
    typealias Edit = (inout NodeImport, ValueID) throws -> ValueID

    /// What the optional output of the scores shows.
    enum Stage: Int { case scores, capped, biased, weights }

    /// `[b, h, n, d]`, `[b, g, m, d]`, `[b, g, m, e]`, g a divisor of h.
    let q, k, v: ValueID
    /// nil: 1 / √d.
    var scale: Double?
    /// 0 for none.
    var softcap = 0.0
    /// A score `[h]` without key that weighs beside those of the keys.
    var sink: ValueID?
    /// Whether there is such a score of 0.
    var offByOne = false
    /// Element type in which the softmax is computed.
    var precision: DType?
    /// Element type of the products of weights and values, if not that of the queries.
    var product: DType?
    /// True where a key may be seen.
    private(set) var allowed: ValueID?
    private(set) var bias: ValueID?
    /// Whether a query may see no key at all.
    private(set) var mayBeBlind = false
    var editScores, editWeights: Edit?
    var shown: Stage?
    /// What ``shown`` asks for.
    private(set) var output: ValueID?

    init(q: ValueID, k: ValueID, v: ValueID) { (self.q, self.k, self.v) = (q, k, v) }

    private func sizes(_ node: NodeImport) -> (queries: Dim, keys: Dim) { (node.shape(q)[2], node.shape(k)[2]) }

    /// Adds a mask, of booleans or to be added, whose keys may be fewer: the others are not seen then.
    mutating func mask(_ node: inout NodeImport, _ mask: ValueID?) throws {
        guard var mask else { return }
        let keys = sizes(node).keys
        let isBool = node.dtype(mask) == .bool
        if !isBool { mask = try node.cast(mask, to: node.dtype(q)) }
        if let own = node.shape(mask).last, own != keys {
            let more = Array(node.shape(mask).dropLast()) + [keys - own]
            let filling = Fill(shape: more, value: isBool ? .int(0) : .float(-.infinity), dtype: node.dtype(mask))
            mask = try node.concat([mask, try node.emit(filling)], axis: node.rank(mask) - 1)
        }
        mayBeBlind = true
        if isBool { allowed = try node.both(allowed, mask) } else { try add(&node, mask) }
    }

    mutating func add(_ node: inout NodeImport, _ more: ValueID) throws {
        bias = try bias.map { try node.binary(Add.self, $0, more) } ?? more
    }

    /// Only where `condition` holds, which may hide all keys of a query unless the caller knows better.
    mutating func allow(_ node: inout NodeImport, _ condition: ValueID, mayHideAll: Bool = true) throws {
        mayBeBlind = mayBeBlind || mayHideAll
        allowed = try node.both(allowed, condition)
    }

    /// Limits the keys by place. Query i stands at `past` + i, or with `lengths`, the numbers of keys that count, at length - n + i.
    mutating func limit(
        _ node: inout NodeImport, past: Dim, lengths: ValueID?, _ window: (left: Int, right: Int) = (-1, -1), causal: Bool
    ) throws {
        let (queries, keys) = sizes(node)
        let key = try node.positions(keys, axis: 0, of: 1)
        let perBatch = try lengths.map { try node.reshape($0, [node.shape($0).reduce(1, *), 1, 1, 1]) }
        if let perBatch { try allow(&node, try node.compare(Less.self, key, perBatch)) }
        guard causal || window.left >= 0 || window.right >= 0 else { return }
        var place = try node.positions(queries, axis: 0, of: 2)
        if let perBatch {
            place = try node.binary(Add.self, place, try node.binary(Sub.self, perBatch, try node.number(queries)))
        } else if past != 0 {
            place = try node.binary(Add.self, place, try node.number(past))
        }
        if causal { allowed = try node.both(allowed, try node.compare(LessEqual.self, key, place)) }
        if window.right >= 0 {
            let last = try node.binary(Add.self, place, try node.scalar(window.right))
            allowed = try node.both(allowed, try node.compare(LessEqual.self, key, last))
        }
        if window.left >= 0 {
            let first = try node.binary(Sub.self, place, try node.scalar(window.left))
            try allow(&node, try node.compare(GreaterEqual.self, key, first))
        }
    }

    /// Writes the nodes.
    mutating func result(_ node: inout NodeImport) throws -> ValueID {
        let (dtype, heads) = (node.dtype(q), node.shape(q)[1])
        let keys = try node.repeatHeads(k, to: heads, "K")
        let values = try node.repeatHeads(v, to: heads, "V")
        var scores = try node.emit(MatMul(transposeB: true), try scaledQueries(&node), keys)
        if shown == .scores { output = scores }
        if softcap != 0 {
            scores = try node.binary(Mul.self, try node.unary(Tanh.self, try node.binary(Div.self, scores, softcap)), softcap)
        }
        if shown == .capped { output = scores }
        let inner = precision ?? dtype
        if editScores != nil { scores = try node.cast(scores, to: inner) }
        if let editScores { scores = try editScores(&node, scores) }
        if let bias { scores = try node.binary(Add.self, scores, bias) }
        if let allowed {
            let hidden = shown == .biased ? -Double.infinity : AttentionMapping.lowest(node.dtype(scores))
            scores = try node.choose(allowed, scores, try node.scalar(hidden, node.dtype(scores)))
        }
        if shown == .biased { output = scores }
        let blind = try blindQueries(&node)
        var weights = try softmax(&node, try node.cast(scores, to: inner))
        if let editWeights { weights = try editWeights(&node, weights) }
        if shown == .weights {
            if let blind { weights = try node.choose(blind, try node.scalar(0, node.dtype(weights)), weights) }
            output = try node.cast(weights, to: dtype)
        }
        let type = product ?? node.dtype(values)
        let y = try node.emit(MatMul(), try node.cast(weights, to: type), try node.cast(values, to: type))
        let seen = try node.cast(y, to: dtype)
        guard let blind, shown != .weights else { return seen }
        return try node.choose(blind, try node.scalar(0, dtype), seen)
    }

    private func softmax(_ node: inout NodeImport, _ scores: ValueID) throws -> ValueID {
        guard let sink else { return try node.emit(Softmax(axis: 3, offByOne: offByOne), scores) }
        let shape = node.shape(scores)
        let column = try node.expand(
            try node.cast(try node.reshape(sink, [1, shape[1], 1, 1]), to: node.dtype(scores)), Array(shape.prefix(3)) + [1])
        let all = try node.emit(Softmax(axis: 3, offByOne: offByOne), try node.concat([scores, column], axis: 3))
        return try node.emit(Slice(axis: 3, start: 0, end: shape[3]), all)
    }

    private func scaledQueries(_ node: inout NodeImport) throws -> ValueID {
        if scale == 1 { return q }
        if let scale { return try node.binary(Mul.self, q, scale) }
        if let depth = node.shape(q)[3].value { return try node.binary(Mul.self, q, 1 / Double(depth).squareRoot()) }
        let depth = try node.cast(try node.number(node.shape(q)[3]), to: .f32)
        return try node.binary(Mul.self, q, try node.cast(try node.unary(Rsqrt.self, depth), to: node.dtype(q)))
    }

    /// True for queries that see no key, `[…, n, 1]`; nil if all see one.
    private func blindQueries(_ node: inout NodeImport) throws -> ValueID? {
        guard mayBeBlind else { return nil }
        var seen = allowed
        if let bias { seen = try node.both(seen, try node.compare(NotEqual.self, bias, -.infinity)) }
        guard var seen else { return nil }
        if node.rank(seen) == 0 { seen = try node.reshape(seen, [1]) }
        return try node.emit(Not(), try node.reduceAny(seen, node.rank(seen) - 1))
    }

    /// What a hidden score becomes: exp makes it 0 beside any other.
    static func lowest(_ dtype: DType) -> Double {
        switch dtype {
        case .f64: -Double.greatestFiniteMagnitude
        case .f16: -65504
        case .bf16: -0x1.FEp127
        default: Attention.maskedScore
        }
    }
}

extension NodeImport {
    fileprivate mutating func reduceAny(_ x: ValueID, _ axis: Int) throws -> ValueID {
        try emit(Reduce<ReduceAny>(axes: [axis], keepDims: true), x)
    }
}
