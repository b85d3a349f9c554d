import IR

/// Attention as ONNX Runtime's transformer optimizer writes it.
extension OperatorMapping {
    static let microsoftAttention: [OperatorMapping] = [
        microsoft("Attention") { node in
            let projected = try projection(&node)
            let inputs = MicrosoftAttention(mask: 3, bias: 5, past: 4, sharedLength: 6)
            return try inputs.selfAttention(&node, projected)
        },
        microsoft("DecoderMaskedSelfAttention") { node in
            let projected = try projection(&node)
            let inputs = MicrosoftAttention(mask: 3, bias: 5, past: 4, sharedLength: 6)
            return try inputs.selfAttention(&node, projected)
        },
        microsoft("QAttention") { node in
            let x = try centered(&node, try node.input(0), zero: 6)
            let w = try centered(&node, try node.input(1), zero: 7)
            let scale = try node.binary(Mul.self, try node.input(3), try node.input(4))
            let product = try node.binary(Mul.self, try node.emit(MatMul(), x, w), scale)
            let projected = try node.binary(Add.self, product, try node.input(2))
            return try MicrosoftAttention(mask: 5, bias: nil, past: 8, sharedLength: nil).selfAttention(&node, projected)
        },
        microsoft("MultiHeadAttention") { node in
            let inputs = MicrosoftAttention(mask: 4, bias: 5, past: 6, sharedLength: 8)
            return try inputs.multiHead(&node, projectionBias: 3)
        },
        microsoft("DecoderMaskedMultiHeadAttention") { node in
            let inputs = MicrosoftAttention(mask: 3, bias: 4, past: 5, sharedLength: 7)
            return try inputs.multiHead(&node, projectionBias: 10)
        },
        microsoft("GroupQueryAttention") { node in try GroupedAttention.write(&node) },
        microsoft("PackedAttention") { node in
            let rows = try projection(&node)
            try node.require([rows], rank: 2, "the projected input")
            let heads = try node.int("num_heads", 0)
            let widths = try hiddenSizes(node, node.shape(rows)[1])
            let parts = try node.add(Split(axis: 1, sizes: widths), rows)
            return try packedAttention(&node, parts, heads, offsets: 3, bias: 5)
        },
        microsoft("PackedMultiHeadAttention") { node in
            let heads = try node.int("num_heads", 0)
            var parts = try [0, 1, 2].compactMap { $0 == 0 ? try node.input(0) : node.optional($0) }
            if parts.count == 1 {
                let shape = node.shape(parts[0])
                guard shape.count == 4 else { throw NodeProblem("keys and values are missing") }
                let packed = parts[0]
                parts = try (0..<3).map { index in
                    try node.reshape(try node.slice(packed, axis: 2, index..<(index + 1)), [shape[0], shape[1] * shape[3]])
                }
            }
            if let bias = node.optional(3) {
                try node.require(parts, rank: 2, "inputs")
                let shares = try node.add(Split(axis: 0, sizes: parts.map { node.shape($0)[1] }), bias)
                parts = try zip(parts, shares).map { try node.binary(Add.self, $0, $1) }
            }
            return try packedAttention(&node, parts, heads, offsets: 4, bias: 6)
        },
    ]

    /// input · weights + bias: queries, keys and values side by side.
    private static func projection(_ node: inout NodeImport) throws -> ValueID {
        let product = try matmul(&node, try node.input(0), try node.input(1))
        return try node.optional(2).map { try node.binary(Add.self, product, $0) } ?? product
    }

    private static func centered(_ node: inout NodeImport, _ x: ValueID, zero: Int) throws -> ValueID {
        let wide = try node.cast(x, to: .f32)
        return try node.optional(zero).map { try node.binary(Sub.self, wide, try node.cast($0, to: .f32)) } ?? wide
    }

    /// Widths of queries, keys and values that stand side by side.
    static func hiddenSizes(_ node: NodeImport, _ all: Dim) throws -> [Dim] {
        if let given = try node.ints("qkv_hidden_sizes"), given.count == 3 { return given.map { Dim($0) } }
        let each = all.exactQuotient(by: 3) ?? all.floorDivided(by: 3)
        return [each, each, each]
    }

    /// Attention of sequences whose tokens stand one behind the other: `[tokens, h · d]`.
    private static func packedAttention(
        _ node: inout NodeImport, _ parts: [ValueID], _ heads: Int, offsets: Int, bias: Int
    ) throws -> [ValueID?] {
        let (places, starts) = (try node.input(offsets), try node.cast(try node.input(offsets + 1), to: .i64))
        try node.require(parts + [places], rank: 2, "inputs and token_offset")
        let (batch, length, tokens) = (node.shape(places)[0], node.shape(places)[1], node.shape(parts[0])[0])
        let split = try parts.map { part -> ValueID in
            let rows = try node.unpacked(part, places, count: tokens)
            return try node.splitHeads(try node.reshape(rows, [batch, length, node.shape(part)[1]]), heads, "input")
        }
        var scores = AttentionMapping(q: split[0], k: split[1], v: split[2])
        scores.scale = try node.float("scale").flatMap { $0 == 0 ? nil : $0 }
        let ends = try node.emit(Slice(axis: 0, start: 1, end: batch + 1), starts)
        let begins = try node.emit(Slice(axis: 0, start: 0, end: batch), starts)
        let lengths = try node.reshape(try node.binary(Sub.self, ends, begins), [batch, 1, 1, 1])
        try scores.allow(
            &node, try node.compare(Less.self, try node.positions(length, axis: 0, of: 1), lengths), mayHideAll: false)
        if let bias = node.optional(bias) { try scores.add(&node, bias) }
        let y = try node.mergeHeads(try scores.result(&node))
        let rows = try node.reshape(y, [batch * length, node.shape(y)[2]])
        let flat = try node.cast(try node.reshape(places, [batch * length]), to: .i64)
        return [try node.emit(Gather(axis: 0), rows, try node.emit(Slice(axis: 0, start: 0, end: tokens), flat))]
    }
}

/// Where such an operator has its inputs, and what it makes of them.
struct MicrosoftAttention {
    let mask: Int
    let bias: Int?
    /// Past keys and values, one input or two.
    let past: Int
    let sharedLength: Int?

    private func settings(_ node: NodeImport) throws -> (heads: Int, scale: Double?) {
        if try node.flag("past_present_share_buffer", false) || sharedLength.map({ node.optional($0) != nil }) ?? false {
            throw NodeProblem("past and present in one buffer are not supported")
        }
        if try node.flag("do_rotary", false) { throw NodeProblem("rotary positions inside are not supported") }
        guard let heads = try node.int("num_heads"), heads > 0 else { throw NodeProblem("num_heads is missing") }
        return (heads, try node.float("scale").flatMap { $0 == 0 ? nil : $0 })
    }

    /// Of queries, keys and values that stand side by side in `projected`; past and present are `[2, b, h, m, d]`.
    func selfAttention(_ node: inout NodeImport, _ projected: ValueID) throws -> [ValueID?] {
        let (heads, scale) = try settings(node)
        try node.require([projected], rank: 3, "the projected input")
        try node.require([node.optional(past)], rank: 5, "past")
        let widths = try OperatorMapping.hiddenSizes(node, node.shape(projected)[2])
        let parts = try node.add(Split(axis: 2, sizes: widths), projected)
        let split = try parts.map { try node.splitHeads($0, heads, "input") }
        var (k, v): (ValueID, ValueID) = (split[1], split[2])
        var before: Dim = 0
        if let past = node.optional(past) {
            before = node.shape(past)[3]
            k = try node.concat([try node.squeeze(try node.slice(past, axis: 0, 0..<1), 0), k], axis: 2)
            v = try node.concat([try node.squeeze(try node.slice(past, axis: 0, 1..<2), 0), v], axis: 2)
        }
        var scores = AttentionMapping(q: split[0], k: k, v: v)
        scores.scale = scale
        try finish(&node, &scores, past: before)
        let y = try node.mergeHeads(try scores.result(&node))
        guard node.wants(1) else { return [y] }
        return [y, try node.concat([try node.unsqueeze(k, 0), try node.unsqueeze(v, 0)], axis: 0)]
    }

    /// Of inputs 0, 1 and 2, some of which may stand in one another.
    func multiHead(_ node: inout NodeImport, projectionBias: Int) throws -> [ValueID?] {
        let (heads, scale) = try settings(node)
        try node.require([node.optional(past), node.optional(past + 1)], rank: 4, "the past")
        try node.require([node.optional(projectionBias)], rank: 1, "bias")
        var (q, k, v) = try operands(&node, heads, projectionBias)
        var before: Dim = 0
        if let pastKey = node.optional(past), let pastValue = node.optional(past + 1) {
            before = node.shape(pastKey)[2]
            k = try node.concat([pastKey, k], axis: 2)
            v = try node.concat([pastValue, v], axis: 2)
        }
        var scores = AttentionMapping(q: q, k: k, v: v)
        scores.scale = scale
        if node.wants(3) { scores.shown = .biased }
        try finish(&node, &scores, past: before)
        q = try node.mergeHeads(try scores.result(&node))
        return [q, k, v, scores.output]
    }

    /// Queries, keys and values as `[b, h, n, d]`.
    private func operands(_ node: inout NodeImport, _ heads: Int, _ bias: Int) throws -> (ValueID, ValueID, ValueID) {
        let query = try node.input(0)
        if node.rank(query) == 5 {
            let parts = try (0..<3).map { index in try unpacked(&node, query, index) }
            return (parts[0], parts[1], parts[2])
        }
        try node.require([query], rank: 3, "query")
        let shares = try node.optional(bias).map { try biases(&node, $0, heads) }
        let queries = try node.optional(1) == nil ? node.add(Split(axis: 2, sizes: packedSizes(node, query, heads)), query) : [query]
        let add = { (node: inout NodeImport, value: ValueID, index: Int) throws -> ValueID in
            try node.splitHeads(try shares.map { try node.binary(Add.self, value, $0[index]) } ?? value, heads, "input \(index)")
        }
        let q = try add(&node, queries[0], 0)
        guard let key = node.optional(1) else { return (q, try add(&node, queries[1], 1), try add(&node, queries[2], 2)) }
        if node.rank(key) == 5 { return (q, try unpacked(&node, key, 0), try unpacked(&node, key, 1)) }
        let value = try node.input(2)
        // Keys and values of an encoder, projected before.
        if node.rank(key) == 4 {
            try node.require([value], rank: 4, "value")
            return (q, key, value)
        }
        return (q, try add(&node, key, 1), try add(&node, value, 2))
    }

    /// Widths of queries, keys and values in one tensor.
    private func packedSizes(_ node: NodeImport, _ query: ValueID, _ heads: Int) throws -> [Dim] {
        try OperatorMapping.hiddenSizes(node, node.shape(query)[2])
    }

    /// Entry `index` of `[b, n, h, c, d]` as `[b, h, n, d]`.
    private func unpacked(_ node: inout NodeImport, _ x: ValueID, _ index: Int) throws -> ValueID {
        try node.transpose(try node.squeeze(try node.slice(x, axis: 3, index..<(index + 1)), 3), [0, 2, 1, 3])
    }

    /// The bias of queries, of keys and of values: as wide as those are, or what keys leave.
    private func biases(_ node: inout NodeImport, _ bias: ValueID, _ heads: Int) throws -> [ValueID] {
        let all = node.shape(bias)[0]
        guard let value = node.optional(2), node.rank(value) == 3 else {
            let sizes = try OperatorMapping.hiddenSizes(node, all)
            return try node.add(Split(axis: 0, sizes: sizes), bias)
        }
        let width = node.shape(try node.input(0))[2]
        return try node.add(Split(axis: 0, sizes: [width, width, all - width * 2]), bias)
    }

    private func finish(_ node: inout NodeImport, _ scores: inout AttentionMapping, past: Dim) throws {
        if let mask = node.optional(mask) { try scores.add(&node, try padding(&node, mask, scores, past)) }
        if let bias = bias.flatMap({ node.optional($0) }) { try scores.add(&node, bias) }
        if try node.flag("unidirectional", false) { try scores.limit(&node, past: past, lengths: nil, causal: true) }
    }

    /// What masked keys add to their scores: `mask_filter_value`.
    private func padding(_ node: inout NodeImport, _ mask: ValueID, _ scores: AttentionMapping, _ past: Dim) throws -> ValueID {
        let (shape, dtype) = (node.shape(mask), node.dtype(scores.q))
        let (batch, queries, keys) = (node.shape(scores.q)[0], node.shape(scores.q)[2], node.shape(scores.k)[2])
        let counts: ValueID
        switch shape.count {
        case 1: counts = try within(&node, mask, batch, keys)
        case 2: counts = try node.compare(Greater.self, try node.reshape(mask, [shape[0], 1, 1, shape[1]]), 0)
        case 3: counts = try node.compare(Greater.self, try node.unsqueeze(mask, 1), 0)
        case 4:
            let rows = try node.emit(Slice(axis: 2, start: past, end: past + queries), mask)
            counts = try node.compare(Greater.self, try node.emit(Slice(axis: 3, start: 0, end: keys), rows), 0)
        default: throw NodeProblem("a mask of \(shape.count) dimensions is not known")
        }
        let hidden = max(try node.float("mask_filter_value", -10000), AttentionMapping.lowest(dtype))
        return try node.choose(counts, try node.scalar(0, dtype), try node.scalar(hidden, dtype))
    }

    /// Keys before the ends of their sequences, and not before the starts that may follow the ends.
    private func within(_ node: inout NodeImport, _ mask: ValueID, _ batch: Dim, _ keys: Dim) throws -> ValueID {
        let size = node.shape(mask)[0]
        let key = try node.positions(keys, axis: 3, of: 4)
        let bounds = try node.cast(mask, to: .i64)
        if size == batch { return try node.compare(Less.self, key, try node.reshape(bounds, [batch, 1, 1, 1])) }
        guard size == batch * 2 else { throw NodeProblem("a mask \(node.type(mask)) for \(batch) sequences is not supported") }
        let ends = try node.reshape(try node.emit(Slice(axis: 0, start: 0, end: batch), bounds), [batch, 1, 1, 1])
        let starts = try node.reshape(try node.emit(Slice(axis: 0, start: batch, end: size), bounds), [batch, 1, 1, 1])
        let counted = try node.both(try node.compare(Less.self, key, ends), try node.compare(GreaterEqual.self, key, starts))
        return try counted ?? node.input(0)
    }
}
