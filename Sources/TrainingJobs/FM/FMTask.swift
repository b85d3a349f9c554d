import Formats
import FourMData
import FourMModels
import FourMSettings
import FourMTraining
import IR
import Inspect
import Training

/// Trains a 4M model by masked modelling.
///
/// Source: `run_training_4m.py`.
package struct FMTask: TrainingTask {
    package let kind = "fm"
    package let unit = "tokens"
    package let function: TrainedFunction
    package let settings: TrainerSettings
    package let schedule: BatchSchedule
    package let identity: [String: String]
    /// What people should know before it begins, a line each.
    package let notes: [String]
    /// Batches of an epoch.
    package let batchesPerEpoch: Int
    package let data: TrainingData

    let run: FMRunSettings
    let rank, ranks: Int
    let threads: Int?
    let config: ConfigDictionary
    let layout: BatchLayout
    let evaluation: [EvaluationData]
    private let modelling: MaskedModelling
    private let parameters: FMParameters
    private let frozenSteps: Int
    let adapters: Adapters?

    /// - Throws: what names the file, key or tensor that is wrong.
    package init(_ options: FMOptions) throws {
        let run = options.run
        let lengths = try RunLengths(run, processes: options.ranks)
        let schedules = try RunSchedules(RunSchedules.Options(run, lengths, processes: options.ranks))
        schedule = try BatchSchedule(schedules.learningRates, schedules.weightDecays)
        (batchesPerEpoch, frozenSteps) = (lengths.stepsPerEpoch, lengths.frozenEpochs * lengths.stepsPerEpoch)
        let modalities = try TrainingModalities(options.data, run)
        let model = try StartingModel(run, inputs: modalities.inputs, outputs: modalities.outputs, (run.imageSize, run.patchSize))
        data = try TrainingData(options.data, run, modalities, options.tokenizer)
        evaluation = try EvaluationData.all(options.data, run, modalities, options.tokenizer)
        modelling = model.modelling
        layout = try BatchLayout(modelling.module)
        parameters = try FMParameters(model, run)
        adapters = model.adapters
        function = TrainedFunction(modelling.module, name: LossFunction.name, groups: parameters.groups, seed: run.seed)
        settings = TrainerSettings(
            algorithm: FMTask.algorithm(run), accumulation: run.accumulation, clipNorm: run.clipNorm, skipNorm: run.skipNorm,
            products: options.products)
        (self.run, rank, ranks, threads, config) = (run, options.rank, options.ranks, options.threads, model.config)
        let sizes = data.sizes.map { "\($0.name): \($0.samples) samples" }
        notes = options.notes + model.notes + sizes + data.notes
        identity = FMTask.identity(options, data, schedules)
    }

    private static func algorithm(_ run: FMRunSettings) -> OptimizerAlgorithm {
        let (beta1, beta2) = (run.betas.first ?? 0.9, run.betas.last ?? 0.95)
        return switch run.optimizer {
        case .adamw: .adamW(beta1: beta1, beta2: beta2, epsilon: run.epsilon)
        case .adam: .adam(beta1: beta1, beta2: beta2, epsilon: run.epsilon)
        case .sgd, .nesterov: .sgd(momentum: run.momentum, isNesterov: true)
        case .momentum: .sgd(momentum: run.momentum)
        }
    }

    private static func identity(_ options: FMOptions, _ data: TrainingData, _ schedules: RunSchedules) -> [String: String] {
        let run = options.run
        let sets = zip(options.data.training, data.sizes).map { "\($0.name) \($0.path) \($1.samples)" }.joined(separator: "; ")
        return [
            "model": "\(run.modelName) \(run.architecture)", "modalities": data.modalities.all.map(\.name).joined(separator: " "),
            "finetune": run.startsFrom ?? "", "data": sets, "weights": "\(options.data.weights)", "seed": "\(run.seed)",
            "samples of an update": "\(schedules.totalBatch)", "accumulation": "\(run.accumulation)",
            "steps": "\(schedules.learningRates.values.count)",
            "learning rate": "\(schedules.learningRate) to \(schedules.smallestLearningRate)", "weight decay": "\(run.weightDecay)",
            "optimizer": "\(algorithm(run))", "clipping": "\(run.clipNorm ?? 0) \(run.skipNorm ?? 0)", "loss": run.loss.rawValue, "products": options.products.rawValue,
            "tokens": "\(run.inputTokens) \(run.targetTokens)", "trained": "\(run.trains ?? ["all"]) \(run.freezes ?? [])",
            "adapters": run.lora.map { "\($0.target), rank \($0.rank), scale \($0.scale)" } ?? "none",
        ]
    }

    /// Reads, masks and lays out a batch.
    package func batch(_ step: Int) throws -> StepInputs {
        let batch = try data.batch(step, rank: rank, ranks: ranks)
        let (input, target) = (run.inputTokens.upperBound, run.targetTokens.upperBound)
        let tensors = try tensors(batch, inputTokens: input, targetTokens: target)
        var made = StepInputs(tensors, amount: batch.samples.count * (input + target))
        made.samples = batch.samples
        made.without = modelling.absent(tensors)
        if step < frozenSteps { made.without.formUnion(parameters.frozen) }
        return made
    }

    package func inputs(of batch: StepInputs, step: Int) throws -> StepInputs { batch }

    func tensors(_ batch: MaskedBatch, inputTokens: Int, targetTokens: Int) throws -> [String: Tensor] {
        try layout.lossInputs(
            batch.set, decoderOrder: data.modalities.outputs, encoderTokens: inputTokens, decoderTokens: targetTokens,
            loss: LossType(rawValue: run.loss.rawValue) ?? .mod)
    }
}
