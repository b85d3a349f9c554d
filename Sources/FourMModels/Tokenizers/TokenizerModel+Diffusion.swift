import FourMSampling
import FourMSettings
import IR
import Importers
import Runtime

/// Decoding by diffusion. Reference: `DiVAE.decode_quant` in `fourm/vq/vqvae.py`, `fourm/vq/scheduling/diffusion_pipeline.py`.
extension TokenizerModel {
    /// Scheduler parameters that the tokenizer's configuration asks for, over the presets of `kind`.
    static func configuration(_ fields: Attributes, _ kind: SchedulerKind) throws -> SchedulerConfiguration {
        var made = SchedulerConfiguration(kind: kind)
        made.trainingSteps = fields.integer(.trainingSteps) ?? made.trainingSteps
        if let name = fields.string(.betaSchedule) { made.betaSchedule = try BetaSchedule(name: name, kind: kind) }
        if let name = fields.string(.predictionType) {
            guard let prediction = PredictionType(rawValue: name) else { throw FourMError("prediction type '\(name)' is not known") }
            made.prediction = prediction
        }
        made.thresholding = fields.flag(.thresholding) ?? made.thresholding
        made.clipSample = fields.flag(.clipSample) ?? made.clipSample
        made.zeroTerminalSNR = fields.flag(.zeroTerminalSNR) ?? made.zeroTerminalSNR
        return made
    }

    /// - Throws: `SchedulerError` if the decoder is one of diffusion and `options` ask for what its scheduler cannot do.
    package func checkScheduler(_ options: DiffusionOptions) throws {
        guard isDiffusion else { return }
        let kind = options.scheduler ?? scheduler
        var made = try TokenizerModel.configuration(metadata.section(.diffusion), kind).makeScheduler(kind)
        _ = try made.timesteps(count: options.steps, mode: options.mode(for: kind))
    }

    /// The scheduler that `options` lead to; nil if the decoder needs none.
    package func schedulerKind(_ options: SchedulerKind?) -> SchedulerKind? { isDiffusion ? options ?? scheduler : nil }

    /// Pixels that height and width of a diffusion decoder's pictures must be multiples of.
    package var sizeMultiple: Int { metadata.section(.diffusion).integer(.sizeMultiple) ?? 1 }

    /// Whether the diffusion decoder was trained with its condition dropped now and then, without which guidance is pointless.
    package var learnedGuidance: Bool {
        if case .float(let share)? = metadata.section(.diffusion)[.guidanceDropout] { return share > 0 }
        return false
    }

    /// Pictures f32 `[batch, channels, height, width]` of `tokens`.
    /// - Throws: ``FourMError`` for sizes and masks that do not fit, `SchedulerError` for settings that the scheduler does not have.
    func diffuse(_ tokens: Tensor, _ options: DiffusionOptions) throws -> Tensor {
        let (batch, rows, columns) = (tokens.shape[0], tokens.shape[tokens.rank - 2], tokens.shape[tokens.rank - 1])
        let size = options.imageSize ?? PixelSize(height: rows * patch.height, width: columns * patch.width)
        try check(size)
        guard let embedding = try session.run(FourMFunction.embedCodes, ["tokens": tokens])["cond"] else {
            throw FourMError("'embed_codes' has no result 'cond'", .fault)
        }
        var condition = DiffusionCondition(embedding)
        condition.mask = try options.conditionMask.map { try mask($0, batch, rows, columns) }
        if let original = options.originalSize {
            let sides = (0..<batch).flatMap { _ in [Float(original.height), Float(original.width)] }
            condition.originalSize = Tensor(sides, [batch, 2])
        }
        let shape = [batch, channels, size.height, size.width]
        let count = shape.dropFirst().reduce(1, *)
        let random = CounterRandom(seed: options.seed).substream("diffusion")
        func stream(_ row: Int) -> CounterRandom {
            (options.rows.indices.contains(row) ? options.rows[row] : SampleKey(sample: row + options.rowOffset)).stream(in: random)
        }
        let noise = (0..<batch).flatMap { stream($0).normals(count) }
        return try sample(Tensor(noise, shape), condition, options: options) { step in
            (0..<batch).flatMap { stream($0).substream(UInt64(step + 1)).normals(count) }
        }
    }

    private func check(_ size: PixelSize) throws {
        let sides = 1...PixelSize.limit
        guard sides.contains(size.height), sides.contains(size.width) else {
            throw FourMError("a picture of \(size) pixels is none; sides go from 1 to \(PixelSize.limit)", .request)
        }
        let step = sizeMultiple
        guard size.height % step != 0 || size.width % step != 0 else { return }
        func near(_ side: Int) -> Int { max((side + step / 2) / step, 1) * step }
        let other = PixelSize(height: near(size.height), width: near(size.width))
        let name = session.plan.module.name
        throw FourMError(
            "the decoder of '\(name)' makes pictures whose sides are multiples of \(step) pixels, not \(size); try \(other)", .request)
    }

    private func mask(_ given: Tensor, _ batch: Int, _ rows: Int, _ columns: Int) throws -> Tensor {
        guard [[rows, columns], [1, rows, columns], [batch, rows, columns]].contains(given.shape), !given.dtype.isFloat else {
            throw FourMError("the condition's mask is \(given.type); the tokens ask for bool[\(rows), \(columns)], true where hidden")
        }
        if let wrong = given.integers.first(where: { $0 != 0 && $0 != 1 }) {
            throw FourMError("the condition's mask holds \(wrong); a mask is true where tokens are hidden and false elsewhere")
        }
        let flags = given.integers.map { $0 != 0 }
        let isShared = flags.count == rows * columns
        return Tensor(bools: isShared ? (0..<batch).flatMap { _ in flags } : flags, [batch, rows, columns])
    }

    /// The complete sampling loop from given noise: `x = step(model(x, t, cond), t, x)` for each timestep.
    /// `stepNoise` gives standard normal numbers for the steps that add noise.
    package func sample(
        _ noise: Tensor, _ condition: DiffusionCondition, options: DiffusionOptions, configuration given: SchedulerConfiguration? = nil,
        stepNoise: (Int) throws -> [Float]
    ) throws -> Tensor {
        let kind = options.scheduler ?? scheduler
        let configuration = try given ?? TokenizerModel.configuration(metadata.section(.diffusion), kind)
        var scheduler = try configuration.makeScheduler(kind)
        var x = noise.floats
        for (index, timestep) in try scheduler.timesteps(count: options.steps, mode: options.mode(for: kind)).enumerated() {
            let prediction = try guided(Tensor(x, noise.shape), timestep, condition, options.guidance)
            let extra = scheduler.needsNoise(at: timestep) ? try stepNoise(index) : nil
            try scheduler.step(modelOutput: prediction, timestep: timestep, sample: &x, batch: noise.shape[0], noise: extra)
        }
        return Tensor(x, noise.shape)
    }

    private func guided(
        _ x: Tensor, _ timestep: Int, _ condition: DiffusionCondition, _ guidance: DiffusionGuidance?
    ) throws -> [Float] {
        let times = [Float](repeating: Float(timestep), count: x.shape[0])
        let full = try denoise(x, timesteps: times, condition).floats
        guard let guidance, guidance.scale != 1 else { return full }
        let less = try denoise(x, timesteps: times, condition.without(guidance.baseline)).floats
        return guidance.combine(full: full, less: less, batch: x.shape[0])
    }

    /// One evaluation of the denoiser: `x` f32 `[batch, channels, height, width]`, one timestep for each row.
    /// - Throws: ``FourMError`` where the decoder does not know of original sizes.
    package func denoise(_ x: Tensor, timesteps: [Float], _ condition: DiffusionCondition) throws -> Tensor {
        let function = FourMFunction.denoise(sized: condition.originalSize != nil, masked: condition.mask != nil)
        guard has(function) || condition.originalSize == nil else {
            throw FourMError(
                "the decoder of '\(session.plan.module.name)' was not made to be told the original size; leave it out", .request)
        }
        var inputs = ["x": x, "timestep": Tensor(timesteps, [timesteps.count]), "cond": condition.embedding]
        inputs["cond_mask"] = condition.mask
        inputs["orig_res"] = condition.originalSize
        guard let result = try session.run(function, inputs).values.first else { throw FourMError("'\(function)' has no result") }
        return result
    }
}
