import IR

/// com.microsoft GroupQueryAttention: causal attention of new tokens, whose keys and values go behind those of a cache.
///
/// Sequence s has `seqlens_k[s] + 1` tokens in all, of which the last n (of `query_seqlens[s]` if given) are new; at first,
/// when all tokens are new, shorter sequences are padded behind.
struct GroupedAttention {
    /// `[b]`, i64: tokens in the cache, and all tokens.
    let before, totals: ValueID
    /// Tokens of the longest sequence.
    let total: Dim

    static func write(_ node: inout NodeImport) throws -> [ValueID?] {
        for name in ["k_quant_type", "v_quant_type"] where try node.string(name, "NONE") != "NONE" {
            throw NodeProblem("a quantized cache is not supported")
        }
        if try node.flag("sliding_window_cache", false) { throw NodeProblem("a cache of a window is not supported") }
        guard let heads = try node.int("num_heads"), let shared = try node.int("kv_num_heads"), heads > 0, shared > 0 else {
            throw NodeProblem("num_heads or kv_num_heads are missing")
        }
        try node.require([node.input(0)], rank: 3, "query")
        try node.require([node.optional(3), node.optional(4)], rank: 4, "the past")
        var parts = try parts(&node, heads, shared)
        let length = node.shape(parts[0])[2]
        let grouped = try GroupedAttention(&node, length)
        for (index, input) in [(0, 14), (1, 15)] {
            guard let weight = node.optional(input) else { continue }
            let eps = try node.float(index == 0 ? "q_norm_epsilon" : "k_norm_epsilon") ?? node.float("qk_norm_epsilon", 1e-6)
            parts[index] = try node.emit(RMSNorm(eps: eps), parts[index], weight)
        }
        // [b, n]: where the new tokens stand.
        let places = try node.binary(
            Add.self, try node.unsqueeze(grouped.before, 1), try node.positions(length, axis: 1, of: 2))
        if try node.flag("do_rotary", false) {
            try node.require([node.input(7), node.input(8)], rank: 2, "cos_cache and sin_cache")
            try node.require([node.optional(9)], rank: 2, "position_ids")
            let angles = try [7, 8].map { try node.emit(Gather(axis: 0), try node.input($0), try rotaryPlaces(&node, places, $0)) }
            let interleaved = try node.flag("rotary_interleaved", false)
            for index in 0..<2 {
                let size = node.shape(angles[0])[2].value.map { $0 * 2 } ?? 0
                parts[index] = try OperatorMapping.rotated(
                    &node, parts[index], angles[0], angles[1], heads: nil, size: size, interleaved: interleaved)
            }
        }
        let k = try grouped.present(&node, node.optional(3), parts[1])
        let v = try grouped.present(&node, node.optional(4), parts[2])
        var scores = AttentionMapping(q: parts[0], k: k, v: v)
        scores.scale = try node.float("scale").flatMap { $0 == 0 ? nil : $0 }
        scores.softcap = try node.float("softcap", 0)
        scores.sink = node.optional(11)
        scores.offByOne = try scores.sink == nil && node.int("smooth_softmax", 0) > 0
        if node.wants(3) { scores.shown = try node.int("qk_output", 0) == 2 ? .weights : .biased }
        try grouped.limit(&node, &scores, places)
        if let bias = node.optional(10) { try scores.add(&node, try grouped.stretched(&node, bias, to: node.shape(k)[2])) }
        let y = try node.mergeHeads(try scores.result(&node))
        guard scores.shown == .biased, let shown = scores.output, let allowed = scores.allowed else { return [y, k, v, scores.output] }
        return [y, k, v, try node.choose(allowed, shown, try node.scalar(0, node.dtype(shown)))]
    }

    /// Queries, keys and values, `[b, h, n, d]`; keys and values may stand behind the queries.
    private static func parts(_ node: inout NodeImport, _ heads: Int, _ shared: Int) throws -> [ValueID] {
        let query = try node.input(0)
        if let key = node.optional(1), let value = node.optional(2) {
            return [
                try node.splitHeads(query, heads, "query"), try node.splitHeads(key, shared, "key"),
                try node.splitHeads(value, shared, "value"),
            ]
        }
        let depth = try node.part(node.shape(query)[2], of: heads + 2 * shared, "query")
        let sizes = [depth * Dim(heads), depth * Dim(shared), depth * Dim(shared)]
        let parts = try node.add(Split(axis: 2, sizes: sizes), query)
        return try zip(parts, [heads, shared, shared]).map { try node.splitHeads($0, $1, "query") }
    }

    private static func rotaryPlaces(_ node: inout NodeImport, _ places: ValueID, _ table: Int) throws -> ValueID {
        if let given = node.optional(9) { return given }
        // Padding may stand beyond the end of the table.
        let last = try node.binary(Sub.self, try node.number(node.shape(try node.input(table))[0]), try node.scalar(1))
        return try node.binary(Minimum.self, places, last)
    }

    private init(_ node: inout NodeImport, _ length: Dim) throws {
        let given = try node.input(5)
        let counts = try node.cast(try node.reshape(given, [node.type(given).elementCount]), to: .i64)
        totals = try node.binary(Add.self, counts, 1)
        total = try GroupedAttention.size(&node, try node.input(6))
        if let counts = node.optional(16) {
            before = try node.binary(Sub.self, totals, try node.cast(counts, to: .i64))
            return
        }
        // All tokens new: nothing is before them, although shorter sequences have fewer than n.
        let new = try node.number(length)
        let rest = try node.binary(Sub.self, totals, new)
        before = try node.binary(Maximum.self, rest, 0)
    }

    /// The size that a number is. All layers of a model read the same one, which is to be the same size in all of them.
    private static func size(_ node: inout NodeImport, _ number: ValueID) throws -> Dim {
        let graph = node.scope.graph
        func source(_ value: ValueID?) -> ValueID? {
            guard let value, let producer = graph.producer(of: value), producer.op is Cast || producer.op is Reshape else { return value }
            return source(producer.inputs.first ?? nil)
        }
        for known in graph.nodes where known.op is Sizes && known.sizes.count == 1 && source(known.inputs.first ?? nil) == source(number) {
            return .symbol(known.sizes[0])
        }
        return try node.dims(try node.reshape(number, [1]))[0]
    }

    /// Keys or values with the new ones behind those of the cache, as many as the cache has room for or there are.
    private func present(_ node: inout NodeImport, _ past: ValueID?, _ new: ValueID) throws -> ValueID {
        guard let past else { return new }
        let (room, shape) = (node.shape(past)[2], node.shape(new))
        if shape[0].value == 1, room + shape[2] == total { return try node.concat([past, new], axis: 2) }
        let size = Dim.maximum(room, total)
        let both = try node.concat([past, new], axis: 2)
        // Position t shows the cache's t before the new tokens, and the new ones from there on.
        let place = try node.positions(size, axis: 1, of: 2)
        let starts = try node.unsqueeze(before, 1)
        let moved = try node.binary(Add.self, try node.binary(Sub.self, place, starts), try node.number(room))
        let last = try node.number(room + shape[2] - 1)
        let isOld = try node.compare(Less.self, place, starts)
        var source = try node.choose(isOld, place, try node.binary(Minimum.self, moved, last))
        source = try node.expand(try node.reshape(source, [shape[0], 1, size, 1]), [shape[0], shape[1], size, shape[3]])
        let found = try node.emit(GatherElements(axis: 2), both, source)
        let isFilled = try node.compare(Less.self, place, try node.binary(Add.self, starts, try node.number(shape[2])))
        return try node.choose(try node.reshape(isFilled, [shape[0], 1, size, 1]), found, try node.scalar(0, node.dtype(new)))
    }

    /// Keys up to each query, within the window.
    private func limit(_ node: inout NodeImport, _ scores: inout AttentionMapping, _ places: ValueID) throws {
        let key = try node.positions(node.shape(scores.k)[2], axis: 3, of: 4)
        let shape = node.shape(places)
        // Padding behind shorter sequences sees what their last token sees.
        let last = try node.binary(Sub.self, try node.unsqueeze(totals, 1), 1)
        let place = try node.reshape(try node.binary(Minimum.self, places, last), [shape[0], 1, shape[1], 1])
        guard try node.flag("causal", true) else {
            let lengths = try node.reshape(totals, [shape[0], 1, 1, 1])
            return try scores.allow(&node, try node.compare(Less.self, key, lengths), mayHideAll: false)
        }
        try scores.allow(&node, try node.compare(LessEqual.self, key, place), mayHideAll: false)
        let window = try node.int("local_window_size", -1)
        guard window > 0 else { return }
        let first = try node.binary(Sub.self, place, try node.scalar(window))
        try scores.allow(&node, try node.compare(Greater.self, key, first), mayHideAll: false)
    }

    /// A bias for `total` keys, with zeros for the room behind them.
    private func stretched(_ node: inout NodeImport, _ bias: ValueID, to keys: Dim) throws -> ValueID {
        let shape = node.shape(bias)
        guard let own = shape.last, own != keys else { return bias }
        let rest = Fill(shape: Array(shape.dropLast()) + [keys - own], value: .float(0), dtype: node.dtype(bias))
        return try node.concat([bias, try node.emit(rest)], axis: shape.count - 1)
    }
}
