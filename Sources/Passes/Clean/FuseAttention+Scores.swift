import IR

/// The part of ``FuseAttention`` that makes the scores.
struct AttentionScores {
    private(set) var q: ValueID
    private(set) var scale: Double
    /// Where the key is found, and how its dimensions come to stand as `[…, m, d]`; nil: as they are.
    private var k: ValueID
    private var permutation: [Int]?
    /// Name of the transposition that the graph has.
    private var keyName: String?
    private(set) var mask: (value: ValueID, keeps: Bool)?
    /// Masks that hide keys by -∞.
    private(set) var infinite: [(value: ValueID, keeps: Bool)] = []
    private(set) var biases: [ValueID] = []

    init?(_ scores: ValueID, _ match: Match) { self.init(scores, match, depth: 6) }

    private init?(_ scores: ValueID, _ match: Match, depth: Int) {
        if depth > 0, let choice = match.soleProducer(of: scores, "where"), choice.inputs.count == 3, let condition = choice.inputs[0],
            let (keeps, inner, hides) = Self.branches(choice, match), match.type(inner) == match.type(scores),
            var found = AttentionScores(inner, match, depth: depth - 1)
        {
            switch hides {
            case .byInfinity: found.infinite.append((condition, keeps))
            case .byLowest:
                if found.mask != nil { return nil }
                found.mask = (condition, keeps)
            }
            self = found
            return
        }
        if depth > 0, let add = match.soleProducer(of: scores, "add") {
            for (inner, other) in match.bothOrders(add) where match.type(inner) == match.type(scores) {
                guard var found = AttentionScores(inner, match, depth: depth - 1) else { continue }
                found.biases.append(other)
                self = found
                return
            }
        }
        guard let core = Self.core(scores, match) else { return nil }
        (q, k, scale) = (core.q, core.k, core.scale)
        let rank = match.type(k).rank
        permutation = core.keyIsTransposed && rank >= 2 ? Array(0..<rank - 2) + [rank - 1, rank - 2] : nil
        findKey(match)
    }

    private enum Hiding { case byLowest, byInfinity }

    /// Which branch holds the scores, if the other holds a number that no score outweighs. Of numbers from -10⁸ down softmax leaves
    /// nothing beside any other score, and where there is none, all are the same.
    private static func branches(_ node: Node, _ match: Match) -> (keeps: Bool, scores: ValueID, Hiding)? {
        for (number, other, keeps) in [(1, 2, false), (2, 1, true)] {
            guard let value = match.scalar(node.inputs[number]), let scores = node.inputs[other] else { continue }
            if value == -.infinity { return (keeps, scores, .byInfinity) }
            if value <= -1e8 || (match.type(scores).dtype == .f16 && value <= -65504) { return (keeps, scores, .byLowest) }
        }
        return nil
    }

    private static func core(_ value: ValueID, _ match: Match) -> (q: ValueID, k: ValueID, keyIsTransposed: Bool, scale: Double)? {
        var (value, scale) = (value, 1.0)
        while let node = match.soleProducer(of: value, "mul", "div"), let (inner, factor) = match.scaled(node) {
            (value, scale) = (inner, scale * factor)
        }
        guard let (node, op) = match.soleOp(MatMul.self, of: value), !op.transposeA, !op.bf16,
            var (q, k) = match.operands(node)
        else { return nil }
        while let node = match.producer(of: q, "mul", "div"), let (inner, factor) = match.scaled(node) {
            (q, scale) = (inner, scale * factor)
        }
        while let node = match.producer(of: k, "mul", "div"), let (inner, factor) = match.scaled(node) {
            (k, scale) = (inner, scale * factor)
        }
        return (q, k, !op.transposeB, scale)
    }

    /// Looks for the key, and for a scale, behind a transposition that is to be merged with the one needed.
    private mutating func findKey(_ match: Match) {
        guard let (node, op) = match.op(Transpose.self, of: k), var source = match.operand(node, 0) else { return }
        var scale = scale
        while let node = match.producer(of: source, "mul", "div"), let (inner, factor) = match.scaled(node) {
            (source, scale) = (inner, scale * factor)
        }
        guard permutation != nil || scale != self.scale else { return }
        let merged = (permutation ?? Array(op.permutation.indices)).map { op.permutation[$0] }
        (k, self.scale, keyName) = (source, scale, node.name)
        permutation = merged == Array(merged.indices) ? nil : merged
    }

    /// How many queries and keys there are.
    func sizes(_ match: Match) -> [Dim] {
        let (query, key) = (match.type(q).shape, match.type(k).shape)
        let keys = permutation?.map { key[$0] } ?? key
        return [query[query.count - 2], keys[keys.count - 2]]
    }

    /// Whether q, k and v are heads of one attention and the result is what attention gives.
    func fits(_ v: ValueID, _ output: ValueID, _ match: Match) -> Bool {
        let rank = match.type(output).rank
        let dtype = match.type(output).dtype
        guard rank == 3 || rank == 4, [q, k, v].allSatisfy({ match.type($0).rank == rank && match.type($0).dtype == dtype }) else {
            return false
        }
        let keys = permutation?.map { match.type(k).shape[$0] } ?? match.type(k).shape
        let leading = match.type(q).shape.prefix(rank - 2)
        guard keys.prefix(rank - 2) == leading, match.type(v).shape.prefix(rank - 2) == leading else { return false }
        let limits = biases + infinite.map(\.value) + [mask?.value].compactMap { $0 }
        return limits.allSatisfy { match.type($0).rank <= rank }
    }

    /// k as `[…, m, d]`.
    func key(_ match: Match, _ patch: inout Patch, name: String) throws -> ValueID {
        guard let permutation else { return k }
        return try patch.apply(Transpose(permutation), [k], name: keyName ?? name)
    }

    typealias Repeated = (value: ValueID, shape: [Dim])

    /// Keys and values of fewer heads, if both are repeated alike for groups of queries.
    func shared(_ values: ValueID, _ match: Match) -> (k: Repeated, v: Repeated)? {
        guard permutation == nil, let k = Self.unrepeated(k, match), let v = Self.unrepeated(values, match), k.shape[1] == v.shape[1],
            Attention.group(match.type(q).shape[1], k.shape[1]) != nil
        else { return nil }
        return (k, v)
    }

    /// What is repeated, and its shape without repetition `[b, g, m, d]`, if `value` is `[b, g, 1, m, d]` stretched and seen as
    /// `[b, h, m, d]`.
    private static func unrepeated(_ value: ValueID, _ match: Match) -> Repeated? {
        guard let (outer, _) = match.op(Reshape.self, of: value), let stretched = match.operand(outer, 0),
            let (expand, _) = match.op(Expand.self, of: stretched), let x = match.operand(expand, 0)
        else { return nil }
        let (from, to, shape) = (match.type(x).shape, match.type(stretched).shape, match.type(value).shape)
        guard from.count == 5, to.count == 5, shape.count == 4, from[2].value == 1, from[0] == to[0], from[1] == to[1],
            from[3...] == to[3...], shape == [to[0], to[1] * to[2], to[3], to[4]]
        else { return nil }
        return (x, [from[0], from[1], from[3], from[4]])
    }
}
