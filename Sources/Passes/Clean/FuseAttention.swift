import IR

/// Finds scaled dot-product attention.
///
///     q ─▶ matmul ─▶ · scale ─▶ + bias ─▶ where(mask, lowest, ·) ─▶ softmax ─▶ matmul ─▶ y
///     kᵀ ───┘                                                          v ───────┘
///                                   ⟶        q, k, v, mask?, bias? ─▶ attention ─▶ y
///
/// Scale, bias and mask may be missing; the scale may stand on the scores, on q or on k, as a product or a division;
/// the mask may be true where a key counts or where it does not; k may come transposed or be transposed by the product.
/// Tensors have four dimensions, or three, of which the first is then taken as the heads.
/// The graph keeps neither scores nor probabilities, so nothing else may read them.
package struct FuseAttention: Rule {
    package let name = "fuse-attention"
    package let documentation = "Replaces softmax(q·kᵀ · scale + bias, masked) · v by attention."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["matmul"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let product = node.op as? MatMul, !product.transposeA, !product.transposeB,
            let output = node.outputs.first, let (probabilities, v) = match.operands(node),
            let (softmax, softmaxOp) = match.soleOp(Softmax.self, of: probabilities),
            Match.isLast(softmaxOp.axis, rank: match.type(probabilities).rank),
            let scores = match.operand(softmax, 0),
            let found = AttentionScores(scores, match), found.fits(v, output, match)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        var operands = [found.q, try found.key(match, &patch, name: node.name), v]
        if match.type(output).rank == 3 {
            operands = try operands.map { try patch.reshaped($0, [1] + patch.type(of: $0).shape, name: node.name) }
        }
        let mask = try found.mask.map { mask in
            found.maskKeeps ? try patch.apply(Not(), [mask], name: node.name) : mask
        }
        let op = Attention(scale: found.scale, offByOne: softmaxOp.offByOne)
        let result = try patch.apply(op, (operands + [mask, found.bias]).trimmed, name: node.name)
        patch.replace(output, with: try patch.reshaped(result, match.type(output).shape, name: node.name))
        return patch
    }
}

/// The part of the pattern that makes the scores.
private struct AttentionScores {
    private(set) var q: ValueID
    /// Of shape `[b, h, m, d]`, or `[b, h, d, m]` if ``keyIsTransposed``.
    private(set) var k: ValueID
    private(set) var keyIsTransposed: Bool
    private(set) var scale: Double
    private(set) var mask: ValueID?
    /// Whether true in the mask means that the key counts.
    private(set) var maskKeeps = false
    private(set) var bias: ValueID?

    /// What masked scores are set to; softmax then gives them no weight, or equal weights if all are masked.
    private static func isLowest(_ value: ValueID?, _ match: Match) -> Bool {
        match.scalar(value).map { Float($0) == -Float.greatestFiniteMagnitude } ?? false
    }

    init?(_ scores: ValueID, _ match: Match) {
        var scores = scores
        var mask: (value: ValueID, keeps: Bool)?
        if let choice = match.soleProducer(of: scores, "where"), choice.inputs.count == 3,
            let condition = choice.inputs[0], let (keeps, inner) = Self.branches(choice, match),
            match.type(inner) == match.type(scores)
        {
            mask = (condition, keeps)
            scores = inner
        }
        var core = Self.core(scores, match)
        if core == nil, let add = match.soleProducer(of: scores, "add") {
            for (inner, other) in match.bothOrders(add) where core == nil && match.type(inner) == match.type(scores) {
                core = Self.core(inner, match)
                bias = core == nil ? nil : other
            }
        }
        guard let core else { return nil }
        (q, k, keyIsTransposed, scale) = core
        if let mask { (self.mask, maskKeeps) = (mask.value, mask.keeps) }
    }

    /// Which branch holds the scores, if the other holds the lowest number.
    private static func branches(_ node: Node, _ match: Match) -> (keeps: Bool, scores: ValueID)? {
        if isLowest(node.inputs[1], match) { return node.inputs[2].map { (false, $0) } }
        return isLowest(node.inputs[2], match) ? node.inputs[1].map { (true, $0) } : nil
    }

    private static func core(_ value: ValueID, _ match: Match) -> (ValueID, ValueID, Bool, Double)? {
        var (value, scale) = (value, 1.0)
        while let node = match.soleProducer(of: value, "mul", "div"), let (inner, factor) = match.scaled(node) {
            (value, scale) = (inner, scale * factor)
        }
        guard let (node, op) = match.soleOp(MatMul.self, of: value), !op.transposeA,
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

    /// Whether q, k and v are heads of one attention and the result is what attention gives.
    func fits(_ v: ValueID, _ output: ValueID, _ match: Match) -> Bool {
        let types = [q, k, v].map { match.type($0) }
        let rank = match.type(output).rank
        guard rank == 3 || rank == 4, types.allSatisfy({ $0.rank == rank && $0.dtype == match.type(output).dtype }),
            types.allSatisfy({ $0.shape.prefix(rank - 2) == types[0].shape.prefix(rank - 2) })
        else { return false }
        return [mask, bias].allSatisfy { value in value.map { match.type($0).rank <= rank } ?? true }
    }

    /// k as `[…, m, d]`; a transposition that the graph has already is merged with the one needed.
    func key(_ match: Match, _ patch: inout Patch, name: String) throws -> ValueID {
        guard keyIsTransposed else { return k }
        let rank = match.type(k).rank
        let swap = Array(0..<rank - 2) + [rank - 1, rank - 2]
        guard let (node, op) = match.op(Transpose.self, of: k), let source = match.operand(node, 0) else {
            return try patch.apply(Transpose(swap), [k], name: name)
        }
        let merged = swap.map { op.permutation[$0] }
        return merged == Array(0..<rank) ? source : try patch.apply(Transpose(merged), [source], name: node.name)
    }
}
