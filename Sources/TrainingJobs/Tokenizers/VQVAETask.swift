import Formats
import FourMData
import FourMModels
import FourMSettings
import FourMTraining
import IR
import Inspect
import Training

/// Trains a VQ-VAE tokenizer.
///
/// Source: `run_training_vqvae.py`.
package struct VQVAETask: TrainingTask {
    package let kind = "vqvae"
    package let function: TrainedFunction
    package let settings: TrainerSettings
    package let schedule: BatchSchedule
    package let identity: [String: String]
    /// What people should know before it begins, a line each.
    package let notes: [String]
    /// Batches of an epoch.
    package let batchesPerEpoch: Int
    package let data: TokenizerBatches

    let run: TokenizerRunSettings
    let loss: VQVAELoss
    let domain: TokenizerDomain
    let config: ConfigDictionary
    let start: StartingTokenizer
    let evaluation: TokenizerBatches?
    let sizes: PictureSizes?
    private let random: CounterRandom
    let threads: Int?
    private let rank, ranks: Int

    var tokenizer: TrainedTokenizer { start.tokenizer }

    /// - Throws: what names the file, key or tensor that is wrong.
    package init(_ options: VQVAEOptions) throws {
        let run = options.settings.run
        let domain = try TokenizerDomain(run.domain, labels: run.labels, channels: run.channels)
        self.domain = domain
        try VQVAETask.check(run, domain)
        sizes = domain.isPicture ? try PictureSizes(run.sizes, patch: run.patchSize, seed: run.seed) : nil
        data = try TokenizerBatches(run, domain, run.dataPath, evaluates: false)
        evaluation = try run.evaluationPath.map { try TokenizerBatches(run, domain, $0, evaluates: true) }
        config = options.configuration(domain)
        loss = try options.loss()
        start = try StartingTokenizer(
            config, name: run.runName ?? run.domain, encoder: run.encoderCheckpoint, whole: run.fullCheckpoint, seed: run.seed)
        let tokenizer = start.tokenizer
        let length = try TokenizerSchedule(run, samples: data.count, ranks: options.ranks)
        (schedule, batchesPerEpoch) = (length.values, length.batchesPerEpoch)
        let keys = TokenizerParameters.trained(tokenizer.module, freezesEncoder: run.isEncoderFrozen)
        function = TrainedFunction(
            try loss.added(to: tokenizer.module, tokenizer.quantizer), name: VQVAELoss.function,
            groups: ParameterGrouping(weightDecay: run.weightDecay).groups(keys), buffers: run.isEncoderFrozen ? [] : tokenizer.buffers,
            seed: CounterRandom(seed: run.seed).substream("training").substream(UInt64(options.rank)).bits(at: 0))
        settings = run.trainer
        random = CounterRandom(seed: run.seed).substream("codebook").substream(UInt64(options.rank))
        (self.run, rank, ranks, threads) = (run, options.rank, options.ranks, options.threads)
        notes = options.notes + start.notes + ["\(run.dataPath): \(data.count) samples"] + data.notes + (evaluation?.notes ?? [])
        identity = run.identity(config, samples: data.count, length, ranks: options.ranks).merging(
            ["perceptual loss": options.settings.perceptual.map { "\($0)" } ?? ""]) { $1 }
    }

    /// - Throws: `WorkError` for a loss that does not go with the domain.
    private static func check(_ run: TokenizerRunSettings, _ domain: TokenizerDomain) throws {
        guard (run.lossName == "cross_entropy") == (domain.labels != nil) else {
            let wanted = domain.labels == nil ? "any but cross_entropy, which is of class ids" : "cross_entropy"
            throw WorkError("loss_fn: domain '\(domain.name)' is trained with \(wanted), not '\(run.lossName)'", .content)
        }
    }

    /// Reads and cuts a batch.
    package func batch(_ step: Int) throws -> InputBatch { try data.batch(step, size: run.batch, rank: rank, ranks: ranks) }

    /// Resizes it to the side of the step, and draws rows for dead codes.
    package func inputs(of batch: InputBatch, step: Int) throws -> StepInputs {
        let input = try sized(batch.input, step: step)
        let tensors = tokenizer.inputs(input, picks: picks(input, random.substream(UInt64(step)).substream("replacement")))
        var made = StepInputs(run.isEncoderFrozen ? [tokenizer.inputName: input] : tensors, amount: batch.samples.count)
        made.samples = batch.samples
        return made
    }

    /// Starts the codebook by k-means, if it is to.
    package func begin(_ trainer: Trainer) throws {
        guard tokenizer.needsStart else { return }
        let input = try sized(batch(0).input, step: 0)
        let buffers = try tokenizer.started(from: input, picks: picks(input, random.substream("start")), threads: threads)
        for (key, tensor) in buffers { try trainer.setBuffer(key, tensor) }
    }

    private func sized(_ input: Tensor, step: Int) throws -> Tensor {
        guard let sizes else { return input }
        return try sizes.resized(input, to: sizes.side(step), threads: threads)
    }

    private func picks(_ input: Tensor, _ random: CounterRandom) -> Tensor {
        CodebookPicks.drawn(rows: tokenizer.rows(of: input), codes: tokenizer.quantizer.size, random)
    }
}
