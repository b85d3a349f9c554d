import Formats
import IR

/// Attention and positions.
extension OperatorMapping {
    static let attention: [OperatorMapping] = [
        OperatorMapping("Attention", since: 23) { node in try attention(&node) },
        .one("RotaryEmbedding", since: 23) { node in
            let x = try node.input(0)
            var (cos, sin) = (try node.input(1), try node.input(2))
            if let positions = node.optional(3) {
                (cos, sin) = (try node.emit(Gather(axis: 0), cos, positions), try node.emit(Gather(axis: 0), sin, positions))
            }
            return try rotated(
                &node, x, cos, sin, heads: try node.int("num_heads"), size: try node.int("rotary_embedding_dim", 0),
                interleaved: try node.flag("interleaved", false))
        },
        OperatorMapping("LinearAttention") { node in try linearAttention(&node) },
        .one("FlexAttention", domain: "ai.onnx.preview") { node in try flexAttention(&node) },
    ]

    private static func attention(_ node: inout NodeImport) throws -> [ValueID?] {
        var (q, k, v) = (try node.input(0), try node.input(1), try node.input(2))
        let isFlat = node.rank(q) == 3
        if isFlat {
            guard let heads = try node.int("q_num_heads"), let shared = try node.int("kv_num_heads") else {
                throw NodeProblem("q_num_heads and kv_num_heads are missing")
            }
            q = try node.splitHeads(q, heads, "Q")
            k = try node.splitHeads(k, shared, "K")
            v = try node.splitHeads(v, shared, "V")
        }
        try node.require([q, k, v, node.optional(4), node.optional(5)], rank: 4, "Q, K, V and the past")
        var past: Dim = 0
        if let pastKey = node.optional(4), let pastValue = node.optional(5) {
            past = node.shape(pastKey)[2]
            k = try node.concat([pastKey, k], axis: 2)
            v = try node.concat([pastValue, v], axis: 2)
        }
        var scores = AttentionMapping(q: q, k: k, v: v)
        scores.scale = try node.float("scale")
        scores.softcap = try node.float("softcap", 0)
        scores.precision = try node.dtypeAttribute("softmax_precision")
        if try node.wants(3) { scores.shown = AttentionMapping.Stage(rawValue: try node.int("qk_matmul_output_mode", 0)) }
        try scores.mask(&node, node.optional(3))
        let lengths = try node.optional(6).map { try node.cast($0, to: .i64) }
        let window = (left: try node.int("left_window_size", -1), right: try node.int("right_window_size", -1))
        try scores.limit(&node, past: past, lengths: lengths, window, causal: try node.flag("is_causal", false))
        var y = try scores.result(&node)
        if isFlat { y = try node.mergeHeads(y) }
        return [y, k, v, scores.output]
    }

    private static func flexAttention(_ node: inout NodeImport) throws -> ValueID {
        let (q, k, v) = (try node.input(0), try node.input(1), try node.input(2))
        try node.require([q, k, v], rank: 4, "Q, K and V")
        var scores = AttentionMapping(q: q, k: k, v: v)
        scores.scale = try node.float("scale")
        let narrow = [.f16, .bf16].contains(node.dtype(q))
        scores.precision = try node.dtypeAttribute("softmax_precision") ?? (narrow ? .f32 : nil)
        scores.product = scores.precision
        scores.editScores = try graph(node, "score_mod")
        scores.editWeights = try graph(node, "prob_mod")
        return try scores.result(&node)
    }

    private static func graph(_ node: NodeImport, _ name: String) throws -> AttentionMapping.Edit? {
        guard node.attribute(name) != nil else { return nil }
        let graph = try node.graphAttribute(name)
        return { node, value in
            guard let result = try node.scope.inline(graph, [value]).first else { throw NodeProblem("'\(name)' has no output") }
            return result
        }
    }

    /// Rotary positions (arXiv 2104.09864): pairs of channels turned by angles whose cosines and sines are `[b, n, r / 2]`.
    ///
    ///     y₁ = x₁ · cos - x₂ · sin,  y₂ = x₁ · sin + x₂ · cos
    ///
    /// - Parameters:
    ///   - x: `[b, h, n, d]`, or `[b, n, h · d]`.
    ///   - size: channels of a head that turn; 0 for all of them.
    ///   - interleaved: whether a pair's channels are neighbours, not halves of the head.
    static func rotated(
        _ node: inout NodeImport, _ x: ValueID, _ cos: ValueID, _ sin: ValueID, heads: Int?, size: Int, interleaved: Bool
    ) throws -> ValueID {
        let shape = node.shape(x)
        var split = x
        if shape.count == 3 {
            guard let heads, heads > 0 else { throw NodeProblem("num_heads is missing") }
            split = try node.reshape(x, [shape[0], shape[1], Dim(heads), try node.part(shape[2], of: heads, "X")])
        }
        try node.require([split], rank: 4, "X")
        try node.require([cos, sin], rank: 3, "cosines and sines")
        let headAxis = shape.count == 3 ? 2 : 1
        let (c, s) = (try node.unsqueeze(cos, headAxis), try node.unsqueeze(sin, headAxis))
        let depth = node.shape(split)[3]
        let turned = size == 0 ? depth : Dim(size)
        var part = split
        if turned != depth { part = try node.emit(Slice(axis: 3, start: 0, end: turned), split) }
        part = interleaved ? try turnNeighbours(&node, part, c, s) : try turnHalves(&node, part, c, s)
        if turned != depth { part = try node.concat([part, try node.emit(Slice(axis: 3, start: turned, end: depth), split)], axis: 3) }
        return try node.reshape(part, shape)
    }

    private static func turnHalves(_ node: inout NodeImport, _ x: ValueID, _ cos: ValueID, _ sin: ValueID) throws -> ValueID {
        let size = node.shape(x)[3]
        let half = size.exactQuotient(by: 2) ?? size.floorDivided(by: 2)
        let a = try node.emit(Slice(axis: 3, start: 0, end: half), x)
        let b = try node.emit(Slice(axis: 3, start: half, end: size), x)
        let (first, second) = try turn(&node, a, b, cos, sin)
        return try node.concat([first, second], axis: 3)
    }

    private static func turnNeighbours(_ node: inout NodeImport, _ x: ValueID, _ cos: ValueID, _ sin: ValueID) throws -> ValueID {
        let shape = node.shape(x)
        let half = shape[3].exactQuotient(by: 2) ?? shape[3].floorDivided(by: 2)
        let pairs = try node.reshape(x, shape.dropLast() + [half, 2])
        let a = try node.squeeze(try node.slice(pairs, axis: 4, 0..<1), 4)
        let b = try node.squeeze(try node.slice(pairs, axis: 4, 1..<2), 4)
        let (first, second) = try turn(&node, a, b, cos, sin)
        return try node.reshape(try node.concat([try node.unsqueeze(first, 4), try node.unsqueeze(second, 4)], axis: 4), shape)
    }

    private static func turn(
        _ node: inout NodeImport, _ a: ValueID, _ b: ValueID, _ cos: ValueID, _ sin: ValueID
    ) throws -> (ValueID, ValueID) {
        let first = try node.binary(Sub.self, try node.binary(Mul.self, a, cos), try node.binary(Mul.self, b, sin))
        let second = try node.binary(Add.self, try node.binary(Mul.self, a, sin), try node.binary(Mul.self, b, cos))
        return (first, second)
    }
}
