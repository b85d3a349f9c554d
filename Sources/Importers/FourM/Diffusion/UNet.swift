import IR

/// The patched UNet denoiser (fourm/vq/models/unet/unet.py, `PatchedUNetCondCat`).
struct UNet: Denoiser {
    let settings: UNetSettings
    let weights: WeightReader

    var factor: Int { settings.factor }

    func functions() throws -> [Graph] { [try denoise(masked: false), try denoise(masked: true)] }

    /// `denoise`: noisy image, timestep and condition → the network's prediction. `denoise_masked` zeroes the condition
    /// where the mask is True.
    private func denoise(masked: Bool) throws -> Graph {
        let writer = FunctionWriter(FourMFunction.denoise(masked: masked), weights)
        let image = try noisyImage(writer, settings.channels)
        let timestep = try writer.input("timestep", .f32, [Self.batch])
        let condition = try self.condition(writer, masked: masked)
        let patches = try writer.apply(PixelUnshuffle(factor: settings.patch), image, name: "decoder.patch")
        let s = writer.shape(patches)
        let resize = Resize(size: [s[2], s[3]], mode: .nearest)
        let enlarged = try writer.apply(resize, condition, name: "decoder.cond.resize")
        let x = try writer.concat([patches, enlarged], axis: 1, name: "decoder.input")
        let time = try timeEmbedding(writer, timestep)
        let y = try network(writer, x, time)
        let output = try writer.apply(PixelShuffle(factor: settings.patch), y, name: "decoder.unpatch")
        try writer.output("prediction", output)
        return writer.graph
    }

    private func condition(_ writer: FunctionWriter, masked: Bool) throws -> ValueID {
        let condition = try self.condition(writer, settings.condition)
        guard masked else { return condition }
        let mask = try conditionMask(writer)
        let s = writer.shape(mask)
        let wide = try writer.reshape(mask, [s[0], 1, s[1], s[2]], name: "decoder.cond.mask")
        return try writer.apply(Where(), wide, try writer.scalar(0), condition, name: "decoder.cond.mask")
    }

    /// silu(mlp([cos, sin](timestep · frequencies))) with frequencies 10000^(-i/half); every block starts from it.
    private func timeEmbedding(_ writer: FunctionWriter, _ timestep: ValueID) throws -> ValueID {
        let name = "decoder.time_embed"
        let waves = try writer.timeWaves(timestep, settings.modelChannels, name: name)
        let wide = settings.timeChannels
        let first = try writer.linear(waves, "\(name).0", settings.modelChannels, wide, bias: true)
        let active = try writer.apply(Unary<Silu>(), first, name: "\(name).1")
        let emb = try writer.linear(active, "\(name).2", wide, wide, bias: true)
        return try writer.apply(Unary<Silu>(), emb, name: "\(name).silu")
    }

    /// The UNet between patching and unpatching.
    private func network(_ writer: FunctionWriter, _ input: ValueID, _ time: ValueID) throws -> ValueID {
        var walk = Walk(writer: writer, time: time, settings: settings)
        try walk.descend(input)
        try walk.middle()
        try walk.ascend()
        let first = settings.levels[0]
        let weight = try writer.weight("decoder.out.0.weight", [walk.channels])
        let bias = try writer.weight("decoder.out.0.bias", [walk.channels])
        let norm = GroupNorm(groups: UNetSettings.groups, eps: 1e-5)
        let normed = try writer.apply(norm, walk.x ?? input, weight, bias, name: "decoder.out.0")
        let active = try writer.apply(Unary<Silu>(), normed, name: "decoder.out.1")
        let outputs = settings.channels * settings.patch * settings.patch
        return try writer.convolution(active, "decoder.out.2", first, outputs, kernel: 3, padding: 1)
    }
}

/// Walks down and up the levels, remembering the maps that the way up takes in again.
private struct Walk {
    let writer: FunctionWriter
    let time: ValueID
    let settings: UNetSettings
    var x: ValueID?
    var channels = 0
    private var factor = 1
    private var skipped: [(map: ValueID, channels: Int)] = []

    init(writer: FunctionWriter, time: ValueID, settings: UNetSettings) {
        self.writer = writer
        self.time = time
        self.settings = settings
    }

    mutating func descend(_ input: ValueID) throws {
        channels = settings.levels[0]
        let inputs = settings.channels * settings.patch * settings.patch + settings.condition
        try remember(writer.convolution(input, "decoder.input_blocks.0.0", inputs, channels, kernel: 3, padding: 1))
        for (level, width) in settings.levels.enumerated() {
            for _ in 0..<settings.blocksPerLevel {
                let name = "decoder.input_blocks.\(skipped.count)"
                var y = try residual(current(), "\(name).0", width)
                if settings.attentionFactors.contains(factor) { y = try attend(y, "\(name).1", upsampling: false) }
                remember(y)
            }
            if level < settings.levels.count - 1 {
                remember(try shrink("decoder.input_blocks.\(skipped.count).0"))
                factor *= 2
            }
        }
    }

    mutating func middle() throws {
        var y = try residual(current(), "decoder.middle_block.0", channels)
        y = try attend(y, "decoder.middle_block.1", upsampling: false)
        x = try residual(y, "decoder.middle_block.2", channels)
    }

    mutating func ascend() throws {
        var index = 0
        for (level, width) in settings.levels.enumerated().reversed() {
            for block in 0...settings.blocksPerLevel {
                guard let skip = skipped.popLast() else { return }
                let name = "decoder.output_blocks.\(index)"
                let joined = try writer.concat([current(), skip.map], axis: 1, name: "\(name).concat")
                channels += skip.channels
                var y = try residual(joined, "\(name).0", width)
                var part = 1
                if settings.attentionFactors.contains(factor) {
                    y = try attend(y, "\(name).\(part)", upsampling: true)
                    part += 1
                }
                x = y
                if level > 0, block == settings.blocksPerLevel {
                    x = try grow("\(name).\(part)")
                    factor /= 2
                }
                index += 1
            }
        }
    }

    private func current() throws -> ValueID {
        guard let x else { throw GraphError("the UNet has no input yet") }
        return x
    }

    private mutating func remember(_ map: ValueID) {
        x = map
        skipped.append((map, channels))
    }

    private mutating func residual(_ y: ValueID, _ name: String, _ outputs: Int) throws -> ValueID {
        defer { channels = outputs }
        return try writer.residualBlock(y, time, name, channels, outputs, settings)
    }

    private func attend(_ y: ValueID, _ name: String, upsampling: Bool) throws -> ValueID {
        let heads = try settings.heads(channels, upsampling: upsampling)
        return try writer.mapAttention(y, name, channels, heads: heads, settings)
    }

    private func shrink(_ name: String) throws -> ValueID {
        if settings.resamplesInBlocks {
            return try writer.residualBlock(current(), time, name, channels, channels, settings, .down)
        }
        guard settings.convolvesResampling else { return try writer.resample(current(), .down, name: name) }
        return try writer.convolution(current(), "\(name).op", channels, channels, kernel: 3, stride: 2, padding: 1)
    }

    private func grow(_ name: String) throws -> ValueID {
        if settings.resamplesInBlocks {
            return try writer.residualBlock(current(), time, name, channels, channels, settings, .up)
        }
        let doubled = try writer.resample(current(), .up, name: name)
        guard settings.convolvesResampling else { return doubled }
        return try writer.convolution(doubled, "\(name).conv", channels, channels, kernel: 3, padding: 1)
    }
}
