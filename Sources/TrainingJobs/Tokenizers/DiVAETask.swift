import Formats
import FourMData
import FourMModels
import FourMSettings
import FourMTraining
import IR
import Inspect
import Training

/// Trains a DiVAE: a tokenizer whose decoder is one of diffusion.
///
/// Source: `run_training_divae.py`.
package struct DiVAETask: TrainingTask {
    package let kind = "divae"
    package let function: TrainedFunction
    package let settings: TrainerSettings
    package let schedule: BatchSchedule
    package let identity: [String: String]
    /// What people should know before it begins, a line each.
    package let notes: [String]
    /// Batches of an epoch.
    package let batchesPerEpoch: Int
    package let data: TokenizerBatches

    let options: DiVAEOptions
    let domain: TokenizerDomain
    let config: ConfigDictionary
    let start: StartingTokenizer
    let evaluation: TokenizerBatches?
    let sizes: PictureSizes
    private let random: CounterRandom

    var run: TokenizerRunSettings { options.settings.run }
    var tokenizer: TrainedTokenizer { start.tokenizer }

    /// - Throws: what names the file, key or tensor that is wrong.
    package init(_ options: DiVAEOptions) throws {
        let run = options.settings.run
        let domain = try TokenizerDomain(run.domain)
        config = options.configuration(domain)
        start = try StartingTokenizer(
            config, name: run.runName ?? run.domain, encoder: run.encoderCheckpoint, whole: run.fullCheckpoint, seed: run.seed)
        let (tokenizer, objective) = (start.tokenizer, options.objective)
        sizes = try PictureSizes(run.sizes, patch: tokenizer.sizeMultiple, seed: run.seed)
        data = try TokenizerBatches(run, domain, run.dataPath, evaluates: false)
        evaluation = try run.evaluationPath.map { try TokenizerBatches(run, domain, $0, evaluates: true) }
        let length = try TokenizerSchedule(run, samples: data.count, ranks: options.ranks)
        (schedule, batchesPerEpoch) = (length.values, length.batchesPerEpoch)
        let module = try objective.added(to: tokenizer.module, tokenizer.quantizer)
        let keys = TokenizerParameters.read(by: DiffusionObjective.function, module, freezesEncoder: objective.isEncoderFrozen)
        function = TrainedFunction(
            module, name: DiffusionObjective.function, groups: ParameterGrouping(weightDecay: run.weightDecay).groups(keys),
            buffers: objective.isEncoderFrozen ? [] : tokenizer.buffers,
            seed: CounterRandom(seed: run.seed).substream("training").substream(UInt64(options.rank)).bits(at: 0))
        settings = run.trainer
        random = CounterRandom(seed: run.seed).substream("diffusion")
        (self.options, self.domain) = (options, domain)
        notes = options.notes + start.notes + ["\(run.dataPath): \(data.count) samples"] + data.notes + (evaluation?.notes ?? [])
        identity = run.identity(config, samples: data.count, length, ranks: options.ranks).merging(
            ["prediction": options.settings.prediction, "original size": "\(objective.tellsOriginalSize)"]) { $1 }
    }

    var threads: Int? { options.threads }

    /// Reads and cuts a batch.
    package func batch(_ step: Int) throws -> InputBatch { try data.batch(step, size: run.batch, rank: options.rank, ranks: options.ranks) }

    /// Resizes it to the side of the step, and draws noise, timesteps, what is hidden of the condition and rows for dead codes.
    package func inputs(of batch: InputBatch, step: Int) throws -> StepInputs {
        let picture = try sizes.resized(batch.input, to: sizes.side(step), threads: threads)
        let first = (step * max(options.ranks, 1) + options.rank) * run.batch
        var tensors = inputs(picture, batch.sizes, options.draws) { random.substream(UInt64(first + $0)) }
        if tokenizer.quantizer.takesPicks, !run.isEncoderFrozen {
            tensors[DiffusionObjective.picks] = picks(picture, random.substream("replacement").substream(UInt64(first)))
        }
        var made = StepInputs(tensors, amount: batch.samples.count)
        made.samples = batch.samples
        return made
    }

    /// Inputs of the function but for rows of dead codes.
    /// - Parameter sides: height and width of each crop before it was scaled.
    func inputs(
        _ picture: Tensor, _ sides: [[Int]], _ draws: DiffusionDraws, stream: (Int) -> CounterRandom
    ) -> [String: Tensor] {
        var tensors = draws.inputs(picture.shape, grid: tokenizer.grid(of: picture) ?? (0, 0), stream: stream)
        tensors["clean"] = picture
        guard options.settings.tellsOriginalSize else { return tensors }
        tensors["orig_res"] = Tensor(sides.flatMap { $0.map { Float($0) } }, [sides.count, 2])
        return tensors
    }

    /// Starts the codebook by k-means, if it is to.
    package func begin(_ trainer: Trainer) throws {
        guard tokenizer.needsStart else { return }
        let picture = try sizes.resized(batch(0).input, to: sizes.side(0), threads: threads)
        let buffers = try tokenizer.started(from: picture, picks: picks(picture, random.substream("start")), threads: threads)
        for (key, tensor) in buffers { try trainer.setBuffer(key, tensor) }
    }

    private func picks(_ picture: Tensor, _ random: CounterRandom) -> Tensor {
        CodebookPicks.drawn(rows: tokenizer.rows(of: picture), codes: tokenizer.quantizer.size, random)
    }
}
