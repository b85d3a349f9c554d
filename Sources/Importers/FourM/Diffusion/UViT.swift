import IR

/// The UViT denoiser (fourm/vq/models/uvit.py, with the residual blocks of diffusers' `DownBlock2D` and `UpBlock2D`).
struct UViT: Denoiser {
    let settings: UViTSettings
    let weights: WeightReader

    var factor: Int { settings.factor }

    /// `denoise` and, with a mask of the condition, `denoise_masked`; a decoder that knows of original sizes also has `denoise_sized` and
    /// `denoise_sized_masked`, with `orig_res` f32 `[batch, 2]`, height and width.
    func functions() throws -> [Graph] {
        var made = [try denoise(masked: false, sized: false), try denoise(masked: true, sized: false)]
        if settings.knowsOriginalSize { made += [try denoise(masked: false, sized: true), try denoise(masked: true, sized: true)] }
        return made
    }

    private func denoise(masked: Bool, sized: Bool) throws -> Graph {
        let writer = FunctionWriter(FourMFunction.denoise(sized: sized, masked: masked), weights)
        let image = try noisyImage(writer, settings.channels)
        let timestep = try writer.input("timestep", .f32, [Self.batch])
        let condition = try self.condition(writer, settings.condition)
        let mask = masked ? try conditionMask(writer) : nil
        let size = sized ? try writer.input("orig_res", .f32, [Self.batch, 2]) : nil
        let time = try timeEmbedding(writer, timestep, originalSize: size)
        var walk = UViTWalk(writer: writer, settings: settings, time: time)
        try walk.descend(writer.patches(image, settings))
        try walk.middle(condition, mask)
        try walk.ascend()
        let normed = try writer.groupNorm(try walk.current(), "decoder.conv_norm_out", settings.levels[0])
        let active = try writer.silu(normed, name: "decoder.conv_act")
        try writer.output("prediction", try writer.unpatched(active, settings))
        return writer.graph
    }

    /// silu of the embedding of the timestep, plus those of height and width of the original picture.
    private func timeEmbedding(_ writer: FunctionWriter, _ timestep: ValueID, originalSize: ValueID?) throws -> ValueID {
        var emb = try embedding(writer, timestep, "decoder.time_embedding")
        if let originalSize {
            for (index, name) in ["height", "width"].enumerated() {
                let part = Slice(axis: 1, start: Dim(index), end: Dim(index + 1))
                let side = try writer.apply(part, originalSize, name: "decoder.\(name)_embedding.size")
                let flat = try writer.reshape(side, [Self.batch], name: "decoder.\(name)_embedding.size")
                emb = try writer.add(emb, embedding(writer, flat, "decoder.\(name)_embedding"), name: "decoder.\(name)_embedding.sum")
            }
        }
        return try writer.silu(emb, name: "decoder.time_embedding.silu")
    }

    private func embedding(_ writer: FunctionWriter, _ numbers: ValueID, _ prefix: String) throws -> ValueID {
        let (width, wide) = (settings.levels[0], settings.timeChannels)
        let waves = try writer.timeWaves(numbers, width, name: prefix)
        let first = try writer.linear(waves, "\(prefix).linear_1", width, wide, bias: true)
        let active = try writer.silu(first, name: "\(prefix).act")
        return try writer.linear(active, "\(prefix).linear_2", wide, wide, bias: true)
    }
}

/// Walks down the levels, through the transformer and up again, remembering the maps that the way up takes in.
struct UViTWalk {
    let writer: FunctionWriter
    let settings: UViTSettings
    /// silu(embedding) `[b, timeChannels]`
    let time: ValueID
    private var x: ValueID?
    private var channels = 0
    private var skipped: [(map: ValueID, channels: Int)] = []

    init(writer: FunctionWriter, settings: UViTSettings, time: ValueID) {
        (self.writer, self.settings, self.time) = (writer, settings, time)
    }

    func current() throws -> ValueID {
        guard let x else { throw GraphError("the UViT has no input yet") }
        return x
    }

    /// From the patches `[b, levels[0], h, w]`.
    mutating func descend(_ patches: ValueID) throws {
        channels = settings.levels[0]
        remember(patches)
        for (level, width) in settings.levels.enumerated() {
            let prefix = "decoder.down_blocks.\(level)"
            for index in 0..<settings.blocks[level] {
                let y = try writer.timedResidual(current(), time, "\(prefix).resnets.\(index)", channels, width, settings)
                channels = width
                remember(y)
            }
            guard level < settings.levels.count - 1 else { break }
            remember(try writer.halved(current(), "\(prefix).downsamplers.0", channels))
        }
        if settings.halvesBeforeMiddle { x = try writer.halved(current(), "decoder.downsample_mid", channels) }
    }

    mutating func middle(_ condition: ValueID, _ mask: ValueID?) throws {
        x = try writer.uvitTransformer(current(), time, condition, mask, settings)
        if settings.halvesBeforeMiddle { x = try writer.doubled(current(), "decoder.upsample_mid", channels) }
    }

    mutating func ascend() throws {
        for (index, (width, blocks)) in zip(settings.levels, settings.blocks).reversed().enumerated() {
            let prefix = "decoder.up_blocks.\(index)"
            for block in 0...blocks {
                guard let skip = skipped.popLast() else { throw GraphError("\(prefix): no map is left to take in") }
                let name = "\(prefix).resnets.\(block)"
                let joined = try writer.concat([current(), skip.map], axis: 1, name: "\(name).concat")
                x = try writer.timedResidual(joined, time, name, channels + skip.channels, width, settings)
                channels = width
            }
            if index < settings.levels.count - 1 { x = try writer.doubled(current(), "\(prefix).upsamplers.0", channels) }
        }
    }

    private mutating func remember(_ map: ValueID) {
        x = map
        skipped.append((map, channels))
    }
}
