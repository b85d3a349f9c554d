import FourMSettings
import IR
import Importers

extension DiffusionObjective {
    /// `module`, of a diffusion tokenizer as it is imported, with a function ``function``, the loss of `train_one_epoch` in `run_training_divae.py`.
    ///
    /// Inputs, for pictures whose sides are multiples of what encoder and decoder ask for:
    /// - `clean`, `noise`: f32 `[batch, channels, height, width]`, the picture and standard normal numbers.
    /// - `timesteps`: i64 `[batch]`, from 0.
    /// - `cond_mask`: bool `[batch, rows, columns]`, true where tokens are hidden from the decoder, if ``hidesCondition``.
    /// - `orig_res`: f32 `[batch, 2]`, height and width in pixels, if ``tellsOriginalSize``.
    /// - `codebook.picks`: where dead codes are replaced by rows of the batch (``CodebookPicks``).
    ///
    /// Results are `loss`, its parts `loss.reconstruction` and `loss.code` (without ``codebookWeight``), the `tokens`, i64 `[n]`, and under their keys the
    /// buffers of the codebook after the batch; with ``showsValues`` also `noisy`, `target` and `model_output`, what the loss compares with the target.
    /// - Throws: ``FourMError`` for a tokenizer that is none of pictures with a diffusion decoder, `SchedulerError` for its schedule.
    package func added(to module: Module, _ settings: QuantizerSettings) throws -> Module {
        let writer = LossWriter(module)
        try DiffusionLoss(writer, self).write(settings)
        return writer.result
    }
}

/// Writes the loss of a diffusion tokenizer.
private struct DiffusionLoss {
    let writer: LossWriter
    let objective: DiffusionObjective
    let clean: Traced
    let noise: Traced
    let timesteps: Traced
    /// `[batch, 1, 1, 1]`: shares of picture and noise.
    let signal: Traced
    let share: Traced

    init(_ writer: LossWriter, _ objective: DiffusionObjective) throws {
        (self.writer, self.objective) = (writer, objective)
        let shape = try DiffusionLoss.shape(writer.module)
        clean = try writer.input("clean", .f32, shape)
        noise = try writer.input("noise", .f32, shape)
        timesteps = try writer.input("timesteps", .i64, [LossWriter.batch])
        let shares = try NoiseShares(writer.module.metadata.section(.diffusion))
        let column: [Dim] = [LossWriter.batch, 1, 1, 1]
        signal = try writer.table("diffusion.signal", shares.signal).gathered(timesteps).reshaped(column)
        share = try writer.table("diffusion.noise", shares.noise).gathered(timesteps).reshaped(column)
    }

    /// Sides are multiples of the encoder's patch and of what the decoder halves.
    private static func shape(_ module: Module) throws -> [Dim] {
        let facts = module.metadata
        guard let channels = facts.integer(.channels), let sides = module.sizeMultiples, facts.integer(.labels) == nil,
            facts.section(.diffusion).integer(.sizeMultiple) != nil
        else { throw FourMError("'\(module.name)' is no diffusion tokenizer of pictures, with encoder and decoder", .request) }
        return [LossWriter.batch, Dim(channels), Dim(sides.height) * .symbol("h"), Dim(sides.width) * .symbol("w")]
    }

    func write(_ settings: QuantizerSettings) throws {
        let batch = try TokenizerBatch(writer, of: clean)
        let quantizer = QuantizerWriter(settings: settings, writer: writer)
        let code = try quantizer.quantized(batch.latents, isTrained: !objective.isEncoderFrozen)
        let noisy = try signal * clean + share * noise
        let (prediction, target) = try compared(denoised(noisy, batch.map(code.quant)), noisy)
        try losses(prediction, target, code.loss)
        try writer.output("tokens", code.codes)
        for (key, value) in code.buffers { try writer.output(key.key, value) }
        guard objective.showsValues else { return }
        for (name, value) in [("noisy", noisy), ("target", target), ("model_output", prediction)] { try writer.output(name, value) }
    }

    private func losses(_ prediction: Traced, _ target: Traced, _ code: Traced?) throws {
        let reconstructed = try objective.reconstruction.loss(prediction, target)
        let code = try code ?? reconstructed.number(0)
        try writer.output("loss", try reconstructed + code * objective.codebookWeight)
        try writer.output("loss.reconstruction", reconstructed)
        try writer.output("loss.code", code)
    }

    private func denoised(_ noisy: Traced, _ condition: Traced) throws -> Traced {
        var inputs = ["x": noisy, "timestep": try timesteps.cast(to: .f32), "cond": condition]
        let grid = [LossWriter.batch, condition.shape[2], condition.shape[3]]
        if objective.hidesCondition { inputs["cond_mask"] = try writer.input("cond_mask", .bool, grid) }
        if objective.tellsOriginalSize { inputs["orig_res"] = try writer.input("orig_res", .f32, [LossWriter.batch, 2]) }
        let function = FourMFunction.denoise(sized: objective.tellsOriginalSize, masked: objective.hidesCondition)
        guard objective.decoderDropout > 0 else { return try writer.call(function, inputs, result: "prediction") }
        return try dropping(function, inputs, noisy.shape)
    }

    /// The denoiser under dropout, which the module gets as a function of its own.
    private func dropping(_ function: String, _ given: [String: Traced], _ shape: [Dim]) throws -> Traced {
        let dropout = DenoiserDropout(rate: objective.decoderDropout)
        let (graph, names) = try dropout.applied(to: writer.function(function), named: "\(function).dropout")
        var inputs = given
        let sizes = try writer.sizes(in: function, given)
        for name in names {
            guard let input = graph.input(named: name) else { continue }
            inputs[name] = try dropout.factors(name, graph.type(of: input).substituting(sizes), writer)
        }
        writer.add(graph)
        return try writer.call(graph.name, inputs, result: "prediction")
    }

    /// What the loss compares.
    private func compared(_ output: Traced, _ noisy: Traced) throws -> (prediction: Traced, target: Traced) {
        switch objective.target {
        case .sample: (output, clean)
        case .epsilon: (output, noise)
        case .v: (output, try signal * noise - share * clean)
        case .noiseOfV: (try signal * output + share * noisy, noise)
        }
    }
}
