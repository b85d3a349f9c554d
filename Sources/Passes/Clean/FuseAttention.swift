import IR

/// Finds scaled dot-product attention.
///
///     q ─▶ matmul ─▶ · scale ─▶ + bias ─▶ where(mask, lowest, ·) ─▶ softmax ─▶ matmul ─▶ y
///     kᵀ ───┘                                                          v ───────┘
///                                   ⟶        q, k, v, mask?, bias? ─▶ attention ─▶ y
///
/// Scale, bias and mask may be missing; the scale may stand on the scores, on q or on k, as a product or a division;
/// biases may be several, before the mask or behind it; the mask may be true where a key counts or where it does not, and hide a key by
/// -∞, which makes it a bias; a mask or a bias that hides later keys and nothing else becomes `causal`. k may come transposed or be
/// transposed by the product. Keys and values that are repeated for groups of queries are not repeated. The softmax may be in a wider
/// element type, and rows without any key may be made 0 behind it.
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
        guard let product = node.op as? MatMul, !product.transposeA, !product.transposeB, !product.bf16,
            let output = node.outputs.first, let (weights, values) = match.operands(node),
            let softmax = AttentionWeights(weights, match),
            let found = AttentionScores(softmax.scores, match), found.fits(values, output, match)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        var operands = [found.q]
        if let (k, v) = found.shared(values, match) {
            operands += try [k, v].map { try patch.reshaped($0.value, $0.shape, name: node.name) }
        } else {
            operands += [try found.key(match, &patch, name: node.name), values]
        }
        if match.type(output).rank == 3 {
            operands = try operands.map { try patch.reshaped($0, [1] + patch.type(of: $0).shape, name: node.name) }
        }
        let limits = try AttentionLimits(found, match, &patch, name: node.name)
        let op = Attention(scale: found.scale, offByOne: softmax.offByOne, causal: limits.causal)
        var result = try patch.apply(op, (operands + [limits.mask, limits.bias]).trimmed, name: node.name)
        result = try patch.reshaped(result, match.type(output).shape, name: node.name)
        if softmax.clearsNaN {
            let zero = try patch.apply(Fill(shape: [], value: 0.0, dtype: match.type(output).dtype), [], name: node.name)
            result = try patch.apply(Where(), [try patch.apply(IsNaN(), [result], name: node.name), zero, result], name: node.name)
        }
        patch.replace(output, with: result)
        return patch
    }
}

/// The part of the pattern between scores and product: softmax, and what may stand around it.
struct AttentionWeights {
    let scores: ValueID
    let offByOne: Bool
    /// Whether rows that are NaN, because all their keys are hidden, become 0.
    private(set) var clearsNaN = false

    init?(_ weights: ValueID, _ match: Match) {
        let dtype = match.type(weights).dtype
        var value = Self.narrowed(weights, match) ?? weights
        if let inner = Self.cleared(value, match) {
            clearsNaN = true
            value = inner
        }
        value = Self.narrowed(value, match) ?? value
        let node: Node, op: Softmax
        if clearsNaN {
            // The test for NaN reads the softmax as well.
            guard let found = match.op(Softmax.self, of: value) else { return nil }
            (node, op) = found
        } else {
            guard let found = match.soleOp(Softmax.self, of: value) else { return nil }
            (node, op) = found
        }
        guard Match.isLast(op.axis, rank: match.type(value).rank), let operand = match.operand(node, 0) else { return nil }
        offByOne = op.offByOne
        scores = Self.widened(operand, match) ?? operand
        guard match.type(scores).dtype == dtype else { return nil }
    }

    /// What a conversion to a narrower element type takes.
    private static func narrowed(_ value: ValueID, _ match: Match) -> ValueID? {
        guard let node = match.soleProducer(of: value, "cast"), let x = match.operand(node, 0),
            match.type(x).dtype.isWiderFloat(than: match.type(value).dtype)
        else { return nil }
        return x
    }

    private static func widened(_ value: ValueID, _ match: Match) -> ValueID? {
        guard let node = match.soleProducer(of: value, "cast"), let x = match.operand(node, 0),
            match.type(value).dtype.isWiderFloat(than: match.type(x).dtype)
        else { return nil }
        return x
    }

    /// p in `where(isnan(p), 0, p)`.
    private static func cleared(_ value: ValueID, _ match: Match) -> ValueID? {
        guard let node = match.soleProducer(of: value, "where"), node.inputs.count == 3, match.isScalar(node.inputs[1], 0),
            let test = match.soleProducer(of: node.inputs[0], "is_nan"), let p = node.inputs[2], match.operand(test, 0) == p,
            match.graph.users(of: p).count == 2, !match.graph.outputs.contains(where: { $0.value == p }), match.type(p) == match.type(value)
        else { return nil }
        return p
    }
}

extension DType {
    fileprivate func isWiderFloat(than other: DType) -> Bool { isFloat && other.isFloat && bits > other.bits }
}
