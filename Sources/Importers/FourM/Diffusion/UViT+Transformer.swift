import IR

/// The transformer in the middle of the UViT. Tokens are `[b, n, dim]`.
extension FunctionWriter {
    private static let transformer = "decoder.mid_block"

    /// A map `[b, levels.last, h, w]` → one of the same shape.
    /// - Parameters:
    ///   - time: silu of the time embedding, `[b, timeChannels]`.
    ///   - condition: `[b, condition, gh, gw]`.
    ///   - mask: bool `[b, gh, gw]`, True where the condition is hidden.
    func uvitTransformer(
        _ map: ValueID, _ time: ValueID, _ condition: ValueID, _ mask: ValueID?, _ settings: UViTSettings
    ) throws -> ValueID {
        let (name, dim) = (Self.transformer, settings.block.dim)
        let (s, width) = (shape(map), settings.levels[settings.levels.count - 1])
        var x = try linear(tokens(fromMap: map, name: name), "\(name).mid_proj_in", width, dim, bias: true)
        var context: (tokens: ValueID, mask: ValueID?)?
        switch settings.conditioning {
        case .concat:
            x = try add(x, addedCondition(condition, mask, s[2], s[3], settings), name: "\(name).cond")
            x = try add(x, uvitPositions(s[2], s[3], .cubic, settings), name: "\(name).mid_pos_emb")
        case .attention:
            x = try add(x, uvitPositions(s[2], s[3], .nearest, settings), name: "\(name).mid_pos_emb")
            context = (try tokens(fromMap: condition, name: "\(name).cond"), try mask.map { try attentionMask($0) })
        }
        x = try uvitBlocks(x, time, context, settings)
        let outer = try linear(x, "\(name).mid_proj_out", dim, width, bias: true)
        return try self.map(fromTokens: outer, s[2], s[3], name: "\(name).out")
    }

    /// The stored table resized to the grid at hand; the two kinds of conditioning do it differently.
    private func uvitPositions(_ rows: Dim, _ columns: Dim, _ mode: Resize.Mode, _ settings: UViTSettings) throws -> ValueID {
        let name = "\(Self.transformer).mid_pos_emb"
        let stored = try weight(name, [1, settings.block.dim, settings.positions, settings.positions])
        let resized = try apply(Resize(size: [rows, columns], mode: mode), stored, name: "\(name).resize")
        return try tokens(fromMap: resized, name: name)
    }

    /// The condition as one token for each of the transformer's; hidden ones are a learned token.
    private func addedCondition(
        _ condition: ValueID, _ mask: ValueID?, _ rows: Dim, _ columns: Dim, _ settings: UViTSettings
    ) throws -> ValueID {
        let (name, dim) = ("\(Self.transformer).mid_cond_proj", settings.block.dim)
        let resize = Resize(size: [rows, columns], mode: .nearest)
        let resized = try apply(resize, condition, name: "\(name).resize")
        let projected = try linear(tokens(fromMap: resized, name: name), name, settings.condition, dim, bias: true)
        let token = try weight("\(Self.transformer).mask_token", [dim])
        guard let mask else { return projected }
        let s = shape(mask)
        let map = try reshape(mask, [s[0], 1, s[1], s[2]], name: "\(name).mask")
        let hidden = try apply(resize, map, name: "\(name).mask.resize")
        let column = try reshape(hidden, [s[0], rows * columns, 1], name: "\(name).mask")
        return try apply(Where(), column, token, projected, name: "\(name).mask")
    }

    /// bool `[b, gh, gw]` → `[b, 1, 1, gh·gw]`
    private func attentionMask(_ mask: ValueID) throws -> ValueID {
        let s = shape(mask)
        return try reshape(mask, [s[0], 1, 1, s[1] * s[2]], name: "\(Self.transformer).cond_mask")
    }

    private func uvitBlocks(
        _ tokens: ValueID, _ time: ValueID, _ context: (tokens: ValueID, mask: ValueID?)?, _ settings: UViTSettings
    ) throws -> ValueID {
        var x = tokens
        var skipped: [ValueID] = []
        for layer in 0..<settings.depth {
            let name = "\(Self.transformer).mid_block.\(layer)"
            if settings.hasLongSkips, layer > settings.depth / 2, let skip = skipped.popLast() {
                let joined = try concat([x, skip], axis: 2, name: "\(name).skip")
                x = try linear(joined, "\(name).skip_linear", 2 * settings.block.dim, settings.block.dim, bias: true)
            }
            x = try uvitBlock(x, time, context, name, settings)
            if settings.hasLongSkips, layer < settings.depth / 2 { skipped.append(x) }
        }
        return x
    }

    /// Self-attention, attention to the condition if there is one, MLP. Each branch is normalized, scaled and shifted by the time embedding,
    /// and gated by it before it is added (adaLN-Zero, arXiv 2212.09748).
    private func uvitBlock(
        _ tokens: ValueID, _ time: ValueID, _ context: (tokens: ValueID, mask: ValueID?)?, _ name: String, _ settings: UViTSettings
    ) throws -> ValueID {
        let block = settings.block
        var modulation = try TimeModulation(self, time, name, branches: context == nil ? 2 : 3, settings)
        let attention = context == nil ? "\(name).attn" : "\(name).self_attn"
        var x = try modulation.branch(tokens, norm: "\(name).norm1", block) { normed in
            let (q, k, v) = try selfProjections(normed, attention, block)
            let mixed = try self.attention(q, k, v, mask: nil, headDim: block.headDim, name: attention)
            return try projectHeads(mixed, attention, block)
        }
        if let context {
            x = try modulation.branch(x, norm: "\(name).query_norm", block) { normed in
                try crossAttention(normed, context, name, settings)
            }
        }
        return try modulation.branch(x, norm: "\(name).norm2", block) { normed in
            let inner = try linear(normed, "\(name).mlp.fc1", block.dim, block.hidden, bias: true)
            let active = try apply(Unary<Gelu>(), inner, name: "\(name).mlp.act")
            return try linear(active, "\(name).mlp.fc2", block.hidden, block.dim, bias: true)
        }
    }

    private func crossAttention(
        _ x: ValueID, _ context: (tokens: ValueID, mask: ValueID?), _ block: String, _ settings: UViTSettings
    ) throws -> ValueID {
        let (name, dim) = ("\(block).cross_attn", settings.block.dim)
        let normed = try layerNorm(context.tokens, "\(block).context_norm", settings.condition, eps: UViTSettings.eps)
        let query = try linear(x, "\(name).q", dim, dim, bias: true)
        let joined = try linear(normed, "\(name).kv", settings.condition, 2 * dim, bias: true)
        let q = try splitHeads(query, parts: 1, settings.block, name: "\(name).q")[0]
        let kv = try splitHeads(joined, parts: 2, settings.block, name: "\(name).kv")
        let mixed = try attention(q, kv[0], kv[1], mask: context.mask, headDim: settings.block.headDim, name: name)
        return try projectHeads(mixed, name, settings.block)
    }
}

/// Shift, scale and gate of each branch of one block, taken in order.
private struct TimeModulation {
    let writer: FunctionWriter
    let name: String
    /// `[b, 1, dim]`: shift and scale of each branch, and its gate.
    private let shifts: [ValueID]
    private let gates: [ValueID]
    private var next = 0

    init(_ writer: FunctionWriter, _ time: ValueID, _ name: String, branches: Int, _ settings: UViTSettings) throws {
        (self.writer, self.name) = (writer, name)
        func parts(_ key: String, _ count: Int) throws -> [ValueID] {
            let dim = settings.block.dim
            let joined = try writer.linear(time, "\(name).\(key)", settings.timeChannels, count * dim, bias: true)
            let wide = try writer.reshape(joined, [writer.shape(joined)[0], 1, Dim(count * dim)], name: "\(name).\(key)")
            return try (0..<count).map { part in
                let range = Slice(axis: 2, start: Dim(part * dim), end: Dim((part + 1) * dim))
                return try writer.apply(range, wide, name: "\(name).\(key).part\(part)")
            }
        }
        shifts = try parts("adaLN_modulation", 2 * branches)
        gates = try parts("adaLN_gate", branches)
    }

    /// x + gate · f(norm(x) · (1 + scale) + shift)
    mutating func branch(
        _ x: ValueID, norm: String, _ block: BlockSettings, _ f: (ValueID) throws -> ValueID
    ) throws -> ValueID {
        defer { next += 1 }
        let normed = try writer.norm(x, norm, block)
        let gain = try writer.add(shifts[2 * next + 1], writer.scalar(1), name: "\(norm).gain")
        let scaled = try writer.multiply(normed, gain, name: "\(norm).scale")
        let y = try f(try writer.add(scaled, shifts[2 * next], name: "\(norm).shift"))
        return try writer.add(x, writer.multiply(y, gates[next], name: "\(norm).gated"), name: "\(norm).residual")
    }
}
