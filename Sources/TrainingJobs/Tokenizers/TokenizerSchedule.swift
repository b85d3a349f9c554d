import FourMSettings
import Inspect
import Training

/// Length, learning rates and optimizer of a tokenizer's training (run_training_vqvae.py, run_training_divae.py).
struct TokenizerSchedule {
    let batchesPerEpoch: Int
    let learningRate: Double
    let values: BatchSchedule

    /// - Parameter samples: That there are.
    /// - Throws: `WorkError` where there is no whole batch; `TrainingScheduleError`.
    init(_ run: TokenizerRunSettings, samples: Int, ranks: Int) throws {
        let (batch, isTooLarge) = run.batch.multipliedReportingOverflow(by: max(ranks, 1))
        batchesPerEpoch = isTooLarge ? 0 : (run.datasetSize ?? samples) / batch
        guard batchesPerEpoch > 0 else {
            throw WorkError(
                "an epoch of \(run.datasetSize ?? samples) samples has no batch of \(run.batch); set a smaller batch_size", .content)
        }
        // As the scripts have it: of the smallest rate, not of a rate to be scaled.
        learningRate = run.baseRate * Double(batch * run.accumulation) / 256
        let length = TrainingSchedule.Length(epochs: run.epochs, stepsPerEpoch: batchesPerEpoch)
        let warmup = TrainingSchedule.Span(epochs: run.warmupEpochs, steps: run.warmupSteps)
        values = try BatchSchedule(
            .cosine(base: learningRate, end: run.smallestRate, length, warmup: warmup),
            .cosine(base: run.weightDecay, end: run.weightDecayEnd ?? run.weightDecay, length))
    }
}

extension TokenizerRunSettings {
    var trainer: TrainerSettings {
        TrainerSettings(
            algorithm: algorithm, accumulation: accumulation, clipNorm: clipNorm, skipNorm: skipNorm, averageDecay: averageDecay,
            averageInterval: averageInterval)
    }

    private var algorithm: OptimizerAlgorithm {
        let (beta1, beta2) = (betas.first ?? 0.9, betas.last ?? 0.95)
        return switch optimizer {
        case .adamw: .adamW(beta1: beta1, beta2: beta2, epsilon: epsilon)
        case .adam: .adam(beta1: beta1, beta2: beta2, epsilon: epsilon)
        case .sgd, .nesterov: .sgd(momentum: momentum, isNesterov: true)
        case .momentum: .sgd(momentum: momentum)
        }
    }
}
