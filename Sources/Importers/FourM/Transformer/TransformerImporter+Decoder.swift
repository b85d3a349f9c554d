import IR

extension TransformerImporter {
    /// Keys and values of one attention, each `[batch, heads, tokens, head_dim]`.
    private struct KeysAndValues {
        let k: ValueID
        let v: ValueID
    }

    /// The decoder with its context: `decode` takes a self-attention mask, in `decode_unmasked` all targets see each
    /// other.
    func decode(masked: Bool) throws -> Graph {
        let writer = FunctionWriter(masked ? FourMFunction.decode : FourMFunction.decodeUnmasked, weights)
        var y = try writer.input("y", .f32, [Self.batch, Self.targets, Dim(dim)])
        let context = try writer.input("context", .f32, [Self.batch, Self.tokens, Dim(dim)])
        let contextMask = try contextMask(writer)
        var selfMask: ValueID?
        if masked {
            let given = try writer.input("self_mask", .bool, [Self.batch, Self.targets, Self.targets])
            selfMask = try headMask(writer, given, name: "self_mask")
        }
        for layer in 0..<settings.decoderDepth {
            let cross = try crossKeys(writer, context, layer)
            y = try decoderBlock(writer, y, layer, cross, contextMask, selfMask)
        }
        try writer.output("out", try writer.norm(y, "decoder_norm", block))
        return writer.graph
    }

    /// Cross-attention keys and values of all layers, computed once for a context.
    func decodeContext() throws -> Graph {
        let writer = FunctionWriter(FourMFunction.decodeContext, weights)
        let context = try writer.input("context", .f32, [Self.batch, Self.tokens, Dim(dim)])
        var (keys, values): ([ValueID], [ValueID]) = ([], [])
        for layer in 0..<settings.decoderDepth {
            let cross = try crossKeys(writer, context, layer)
            keys.append(try stacked(writer, cross.k, name: "decoder.\(layer).cross_attn.k"))
            values.append(try stacked(writer, cross.v, name: "decoder.\(layer).cross_attn.v"))
        }
        try writer.output("cross_k", try writer.concat(keys, axis: 0, name: "decoder.cross_k"))
        try writer.output("cross_v", try writer.concat(values, axis: 0, name: "decoder.cross_v"))
        return writer.graph
    }

    /// As `decode_unmasked`, with the keys and values that `decode_context` gave.
    func decodeCached() throws -> Graph {
        let writer = FunctionWriter(FourMFunction.decodeCached, weights)
        var y = try writer.input("y", .f32, [Self.batch, Self.targets, Dim(dim)])
        let cross = try crossInputs(writer)
        let contextMask = try contextMask(writer)
        for layer in 0..<settings.decoderDepth {
            let own = KeysAndValues(
                k: try self.layer(writer, cross.k, layer, name: "decoder.\(layer).cross_attn.k"),
                v: try self.layer(writer, cross.v, layer, name: "decoder.\(layer).cross_attn.v"))
            y = try decoderBlock(writer, y, layer, own, contextMask, nil)
        }
        try writer.output("out", try writer.norm(y, "decoder_norm", block))
        return writer.graph
    }

    /// Appends n tokens at `position` of the self-attention cache and attends to its first `length` entries.
    func decodeStep() throws -> Graph {
        let writer = FunctionWriter(FourMFunction.decodeStep, weights)
        var y = try writer.input("y", .f32, [Self.batch, Self.count, Dim(dim)])
        let position = try writer.input("position", .i64, [1])
        let cacheShape: [Dim] = cacheShape(.symbol("capacity"))
        var cache = KeysAndValues(
            k: try writer.input("self_k", .f32, cacheShape), v: try writer.input("self_v", .f32, cacheShape))
        let cross = try crossInputs(writer)
        let contextMask = try contextMask(writer)
        let length: Dim = .symbol("length")
        let given = try writer.input("self_mask", .bool, [Self.batch, Self.count, length])
        let selfMask = try headMask(writer, given, name: "self_mask")
        for layer in 0..<settings.decoderDepth {
            let name = "decoder.\(layer)"
            let attention = "\(name).self_attn"
            let (q, k, v) = try writer.selfProjections(writer.norm(y, "\(name).norm1", block), attention, block)
            cache = KeysAndValues(
                k: try append(writer, k, to: cache.k, layer, position, name: "\(attention).cache_k"),
                v: try append(writer, v, to: cache.v, layer, position, name: "\(attention).cache_v"))
            let seen = KeysAndValues(
                k: try self.layer(writer, cache.k, layer, first: length, name: "\(attention).seen_k"),
                v: try self.layer(writer, cache.v, layer, first: length, name: "\(attention).seen_v"))
            y = try addAttention(writer, y, q, seen, selfMask, attention)
            let own = KeysAndValues(
                k: try self.layer(writer, cross.k, layer, name: "\(name).cross_attn.k"),
                v: try self.layer(writer, cross.v, layer, name: "\(name).cross_attn.v"))
            y = try crossAndMLP(writer, y, layer, own, contextMask)
        }
        try writer.output("out", try writer.norm(y, "decoder_norm", block))
        try writer.output("self_k", cache.k)
        try writer.output("self_v", cache.v)
        return writer.graph
    }

    private func decoderBlock(
        _ writer: FunctionWriter, _ y: ValueID, _ layer: Int, _ cross: KeysAndValues, _ contextMask: ValueID,
        _ selfMask: ValueID?
    ) throws -> ValueID {
        let name = "decoder.\(layer)"
        let attention = "\(name).self_attn"
        let (q, k, v) = try writer.selfProjections(writer.norm(y, "\(name).norm1", block), attention, block)
        let attended = try addAttention(writer, y, q, KeysAndValues(k: k, v: v), selfMask, attention)
        return try crossAndMLP(writer, attended, layer, cross, contextMask)
    }

    /// y + proj(attention(q, keys, values))
    private func addAttention(
        _ writer: FunctionWriter, _ y: ValueID, _ q: ValueID, _ keys: KeysAndValues, _ mask: ValueID?, _ name: String
    ) throws -> ValueID {
        let mixed = try writer.attention(q, keys.k, keys.v, mask: mask, headDim: block.headDim, name: name)
        return try writer.add(y, try writer.projectHeads(mixed, name, block), name: "\(name).residual")
    }

    private func crossAndMLP(
        _ writer: FunctionWriter, _ y: ValueID, _ layer: Int, _ cross: KeysAndValues, _ contextMask: ValueID
    ) throws -> ValueID {
        let name = "decoder.\(layer)"
        let attention = "\(name).cross_attn"
        let normed = try writer.norm(y, "\(name).query_norm", block)
        let joined = try writer.linear(normed, "\(attention).q", dim, dim, bias: block.hasQKVBias)
        let split = try writer.splitHeads(joined, parts: 1, block, name: "\(attention).q")[0]
        let q = try writer.normalizeHeads(split, "\(attention).q_norm", block)
        let attended = try addAttention(writer, y, q, cross, contextMask, attention)
        return try writer.mlpBranch(attended, name, block)
    }

    private func crossKeys(_ writer: FunctionWriter, _ context: ValueID, _ layer: Int) throws -> KeysAndValues {
        let name = "decoder.\(layer)"
        let normed = try writer.norm(context, "\(name).context_norm", block)
        let joined = try writer.linear(normed, "\(name).cross_attn.kv", dim, 2 * dim, bias: block.hasQKVBias)
        let parts = try writer.splitHeads(joined, parts: 2, block, name: "\(name).cross_attn.kv")
        return KeysAndValues(k: try writer.normalizeHeads(parts[0], "\(name).cross_attn.k_norm", block), v: parts[1])
    }

    private func contextMask(_ writer: FunctionWriter) throws -> ValueID {
        let mask = try writer.input("context_mask", .bool, [Self.batch, 1, Self.tokens])
        return try headMask(writer, mask, name: "context_mask")
    }

    private func crossInputs(_ writer: FunctionWriter) throws -> KeysAndValues {
        let shape = cacheShape(Self.tokens)
        return KeysAndValues(k: try writer.input("cross_k", .f32, shape), v: try writer.input("cross_v", .f32, shape))
    }

    private func cacheShape(_ entries: Dim) -> [Dim] {
        [Dim(settings.decoderDepth), Self.batch, Dim(block.heads), entries, Dim(block.headDim)]
    }

    /// `[b, h, m, d]` → `[1, b, h, m, d]`
    private func stacked(_ writer: FunctionWriter, _ x: ValueID, name: String) throws -> ValueID {
        try writer.reshape(x, [1] + writer.shape(x), name: name)
    }

    private func append(
        _ writer: FunctionWriter, _ x: ValueID, to cache: ValueID, _ layer: Int, _ position: ValueID, name: String
    ) throws -> ValueID {
        let update = try stacked(writer, x, name: name)
        return try writer.apply(
            UpdateSlice(axis: 3, offsets: [layer, 0, 0, 0, 0]), cache, update, position, name: name)
    }

    /// One layer of `[layers, b, h, m, d]`, cut to its first entries, as `[b, h, m, d]`.
    private func layer(
        _ writer: FunctionWriter, _ cache: ValueID, _ layer: Int, first length: Dim? = nil, name: String
    ) throws -> ValueID {
        var one = cache
        if settings.decoderDepth > 1 {
            one = try writer.apply(Slice(axis: 0, start: Dim(layer), end: Dim(layer + 1)), cache, name: name)
        }
        if let length { one = try writer.apply(Slice(axis: 3, start: 0, end: length), one, name: name) }
        return try writer.reshape(one, Array(writer.shape(one).dropFirst()), name: name)
    }
}
