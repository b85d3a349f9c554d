import FourMCodecs
import FourMData
import FourMModels
import FourMSampling
import FourMSettings
import IR
import Inspect
import Passes
import Runtime
import Training

extension DiVAETask {
    /// Samples that an evaluation sees at once.
    private var evaluationBatch: Int { max(run.evaluationBatch ?? run.batch, 1) }

    /// Losses of the evaluation set at the smallest and the largest side and those that `input_size_eval` names: `SIDE/loss.reconstruction`, and the share
    /// of codes in use; `loss` is the mean over the sides. Noise and timesteps of a sample are the same each time. With moving averages of the weights,
    /// theirs.
    package func evaluate(_ trainer: Trainer) throws -> [String: Double] {
        guard let evaluation, evaluation.count > 0 else { return [:] }
        var still = options.objective
        (still.isEncoderFrozen, still.hidesCondition, still.decoderDropout) = (true, false, 0)
        let made = try still.added(to: module(trainer), tokenizer.quantizer).keeping(functions: [DiffusionObjective.function])
        let session = Session(try Plan(PassManager.run(made, .clean).module), threads: threads)
        var (figures, losses) = ([String: Double](), [Double]())
        for side in evaluationSides {
            let own = try self.figures(session, evaluation, side)
            for (key, value) in own { figures["\(side)/\(key)"] = value }
            losses.append(own["loss"] ?? .nan)
        }
        figures["loss"] = losses.reduce(0, +) / Double(max(losses.count, 1))
        return figures
    }

    private var evaluationSides: [Int] {
        let wanted = run.evaluationSizes.filter { $0 % tokenizer.sizeMultiple == 0 && $0 <= run.largestSize }
        return Set(wanted + [sizes.sides.first, sizes.sides.last].compactMap(\.self)).sorted()
    }

    /// The tokenizer with the present weights, or their moving averages.
    private func module(_ trainer: Trainer) throws -> Module {
        let weights = try trainer.module(averaged: run.averageDecay != nil).constants
        var module = tokenizer.module
        for key in module.constants.keys { if let constant = weights[key] { module.setConstant(constant) } }
        return module
    }

    private func figures(_ session: Session, _ data: TokenizerBatches, _ side: Int) throws -> [String: Double] {
        let count = min(data.count, run.evaluationSamples ?? .max)
        let random = CounterRandom(seed: run.seed).substream("evaluation").substream(UInt64(side))
        let draws = DiffusionDraws(trainingSteps: options.settings.trainingSteps)
        var (sums, used) = ([String: Double](), Set<Int>())
        for first in stride(from: 0, to: count, by: evaluationBatch) {
            let numbers = first..<min(first + evaluationBatch, count)
            let batch = try data.plain(numbers)
            let picture = try sizes.resized(batch.input, to: side, threads: session.threads)
            let inputs = inputs(picture, batch.sizes, draws) { random.substream(UInt64(first + $0)) }
            let results = try session.run(DiffusionObjective.function, inputs)
            for key in ["loss", "loss.reconstruction"] {
                sums[key, default: 0] += (results[key]?.doubles.first ?? .nan) * Double(numbers.count)
            }
            used.formUnion(results["tokens"]?.integers ?? [])
        }
        var figures = sums.mapValues { $0 / Double(count) }
        figures["codebook_usage"] = Double(used.count) / Double(tokenizer.quantizer.size)
        return figures
    }

    /// Pictures of the evaluation set beside what diffusion makes of their tokens, `0000.png`, …: by DDIM, or what `eval_noise_schedule` names, in
    /// `num_eval_timesteps` steps.
    package func writeSamples(_ trainer: Trainer, to folder: String) throws {
        guard let evaluation, run.shownSamples > 0, let side = sizes.sides.last else { return }
        let module = try PassManager.run(module(trainer), .clean).module
        let model = try TokenizerModel(Plan(module), threads: threads)
        for number in 0..<min(run.shownSamples, evaluation.count, PicturePair.most) {
            let picture = try sizes.resized(evaluation.plain(number..<number + 1).input, to: side, threads: threads)
            let made = try model.detokenize(model.tokenize(picture), sampling(side, number))
            let pair = try PicturePair.joined(shown(picture), shown(made), modality: domain.modality)
            try pair?.writePNG(to: PicturePair.path(number, in: folder))
        }
    }

    private func sampling(_ side: Int, _ number: Int) -> DiffusionOptions {
        var made = DiffusionOptions()
        made.steps = min(options.settings.samplingSteps, options.settings.trainingSteps)
        made.scheduler = SchedulerKind(rawValue: options.settings.sampler)
        (made.seed, made.rowOffset) = (run.seed, number)
        made.imageSize = PixelSize(height: side, width: side)
        let original = options.settings.shownOriginalSize
        if options.settings.tellsOriginalSize { made.originalSize = PixelSize(height: original, width: original) }
        return made
    }

    /// A picture without the mask that is its last channel.
    private func shown(_ picture: Tensor) -> Tensor {
        guard run.maskValue != nil, picture.rank == 4, picture.shape[1] > domain.channels else { return picture }
        let (batch, all) = (picture.shape[0], picture.count / max(picture.shape[0], 1))
        let kept = all / picture.shape[1] * domain.channels
        let values = picture.floats
        let own = (0..<batch).flatMap { values[$0 * all..<$0 * all + kept] }
        return Tensor(Array(own), [batch, domain.channels] + picture.shape.suffix(2))
    }

    /// `model.safetensors` and `config.json` as ml-4m's `DiVAE` loads them; with moving averages those too, in `average/`.
    package func writeModel(_ trainer: Trainer, to folder: String) throws {
        try TokenizerFiles(config: config, tensors: start.tensors).write(trainer, averages: run.averageDecay != nil, to: folder)
    }
}
