import IR

/// How a layer changes the resolution.
enum Resampling {
    case none, down, up
}

/// Building blocks of the UNet: residual, attention, down- and upsampling. Maps are `[b, c, h, w]`.
extension FunctionWriter {
    func groupNorm(_ x: ValueID, _ prefix: String, _ channels: Int) throws -> ValueID {
        let weight = try self.weight("\(prefix).weight", [channels])
        let bias = try self.weight("\(prefix).bias", [channels])
        return try apply(GroupNorm(groups: UNetSettings.groups, eps: 1e-5), x, weight, bias, name: prefix)
    }

    func silu(_ x: ValueID, name: String) throws -> ValueID { try apply(Unary<Silu>(), x, name: name) }

    /// Residual block under the time embedding `time` = silu(emb) `[b, 4·model_channels]`.
    func residualBlock(
        _ x: ValueID, _ time: ValueID, _ prefix: String, _ inputs: Int, _ outputs: Int, _ settings: UNetSettings,
        _ resampling: Resampling = .none
    ) throws -> ValueID {
        let inner = "\(prefix).in_layers"
        let normed = try silu(groupNorm(x, "\(inner).0", inputs), name: "\(inner).1")
        let moved = try resample(normed, resampling, name: "\(prefix).h_upd")
        let skip = try resample(x, resampling, name: "\(prefix).x_upd")
        let h = try convolution(moved, "\(inner).2", inputs, outputs, kernel: 3, padding: 1)
        let conditioned = try timeConditioned(h, time, prefix, outputs, settings)
        let y = try convolution(conditioned, "\(prefix).out_layers.3", outputs, outputs, kernel: 3, padding: 1)
        let straight =
            inputs == outputs
            ? skip : try convolution(skip, "\(prefix).skip_connection", inputs, outputs, kernel: 1)
        return try add(straight, y, name: "\(prefix).residual")
    }

    /// silu(norm(h)·(1 + scale) + shift), or silu(norm(h + shift)).
    private func timeConditioned(
        _ h: ValueID, _ time: ValueID, _ prefix: String, _ channels: Int, _ settings: UNetSettings
    ) throws -> ValueID {
        let name = "\(prefix).emb_layers.1"
        let norm = "\(prefix).out_layers.0"
        let width = settings.scalesAndShifts ? 2 * channels : channels
        let emb = try linear(time, name, settings.timeChannels, width, bias: true)
        let batch = shape(emb)[0]
        func perChannel(_ x: ValueID) throws -> ValueID { try reshape(x, [batch, Dim(channels), 1, 1], name: name) }
        guard settings.scalesAndShifts else {
            let shifted = try add(h, perChannel(emb), name: "\(prefix).time")
            return try silu(groupNorm(shifted, norm, channels), name: "\(prefix).out_layers.1")
        }
        let (middle, end) = (Dim(channels), Dim(width))
        let scale = try perChannel(apply(Slice(axis: 1, start: 0, end: middle), emb, name: "\(name).scale"))
        let shift = try perChannel(apply(Slice(axis: 1, start: middle, end: end), emb, name: "\(name).shift"))
        let gain = try add(scale, scalar(1), name: "\(prefix).gain")
        let scaled = try multiply(groupNorm(h, norm, channels), gain, name: "\(prefix).scale")
        return try silu(add(scaled, shift, name: "\(prefix).shift"), name: "\(prefix).out_layers.1")
    }

    /// Self-attention between all places of the map, added to it.
    func mapAttention(
        _ x: ValueID, _ prefix: String, _ channels: Int, heads: Int, _ settings: UNetSettings
    ) throws -> ValueID {
        let normed = try groupNorm(x, "\(prefix).norm", channels)
        let tokens = try self.tokens(fromMap: normed, name: prefix)
        let joined = try pointwise(tokens, "\(prefix).qkv", channels, 3 * channels, kernelRank: 1)
        let block = BlockSettings(dim: channels, heads: heads, hidden: channels)
        let parts =
            settings.splitsBeforeHeads
            ? try splitHeads(joined, parts: 3, block, name: "\(prefix).qkv")
            : try splitInsideHeads(joined, block, prefix)
        let mixed = try attention(parts[0], parts[1], parts[2], mask: nil, headDim: block.headDim, name: prefix)
        let merged = try mergeHeads(mixed, name: prefix)
        let y = try pointwise(merged, "\(prefix).proj_out", channels, channels, kernelRank: 1)
        let s = shape(x)
        return try add(x, try map(fromTokens: y, s[2], s[3], name: prefix), name: "\(prefix).residual")
    }

    /// The older layout, head major: `[b, n, h·3·d]` → q, k, v `[b, h, n, d]`.
    private func splitInsideHeads(_ x: ValueID, _ block: BlockSettings, _ prefix: String) throws -> [ValueID] {
        let s = shape(x)
        let (h, d) = (Dim(block.heads), Dim(block.headDim))
        let split = try reshape(x, [s[0], s[1], h, 3, d], name: "\(prefix).qkv.heads")
        return try (0..<3).map { part in
            let name = "\(prefix).qkv.part\(part)"
            let one = try apply(Slice(axis: 3, start: Dim(part), end: Dim(part + 1)), split, name: name)
            return try transpose(try reshape(one, [s[0], s[1], h, d], name: name), [0, 2, 1, 3], name: name)
        }
    }

    /// Resampling by 2 without weights: mean of 2 × 2 places, or each place doubled.
    func resample(_ x: ValueID, _ resampling: Resampling, name: String) throws -> ValueID {
        let s = shape(x)
        switch resampling {
        case .none: return x
        case .up: return try apply(Resize(size: [s[2] * 2, s[3] * 2], mode: .nearest), x, name: name)
        case .down:
            let (h, w) = (s[2].floorDivided(by: 2), s[3].floorDivided(by: 2))
            let pairs = try reshape(x, [s[0], s[1], h, 2, w, 2], name: name)
            return try apply(Reduce<ReduceMean>(axes: [3, 5]), pairs, name: name)
        }
    }
}
