import Training

/// What one kind of training is beside the loop that all share: its function with a loss, its batches, what is said of it and what it writes.
///
/// ``TrainingJob`` does the rest: it makes the trainer, prefetches batches, logs, writes checkpoints whole, resumes, stops at NaN. A task is a
/// value that any thread may ask; what changes while it trains is the trainer's, which is handed in.
package protocol TrainingTask: Sendable {
    associatedtype Batch: Sendable

    /// `fm`, `vqvae`, `divae`, `graph`.
    var kind: String { get }

    /// What the amounts of ``StepInputs`` count: `tokens` or `samples`.
    var unit: String { get }

    /// The function with the loss, and what of its module is trained.
    var function: TrainedFunction { get }

    /// Optimizer, accumulation, clipping, averages.
    var settings: TrainerSettings { get }

    /// Learning rate and weight decay of each batch; their number is that of the run's batches.
    var schedule: BatchSchedule { get }

    /// What a run must have in common with the one that it goes on with: options and data by name. A resume with others is refused, and says
    /// which. Numbers of threads and ranks do not belong here, nor does what decides only what is written.
    var identity: [String: String] { get }

    /// Batch `step`, from 0 on. A pure function of seed, step and rank: it gives the same whatever was asked for before, on any thread. It is
    /// called ahead, on threads of its own, while earlier batches are computed with.
    /// - Throws: what names the file or sample that cannot be read.
    func batch(_ step: Int) throws -> Batch

    /// What the function takes for a batch. Called on the loop's thread just before the step.
    func inputs(of batch: Batch, step: Int) throws -> StepInputs

    /// Before the first step of a new run, for instance to start codebooks from data; not where a run goes on.
    func begin(_ trainer: Trainer) throws

    /// Figures of the evaluation sets with the present weights (or their averages); the one called `loss` decides which checkpoint is the best.
    /// Names such as `loss.caption` or `coco/loss` become series of the log and of TensorBoard. Empty where there is no such set.
    func evaluate(_ trainer: Trainer) throws -> [String: Double]

    /// Pictures or texts that show what the model can do by now, into a folder that is there and empty.
    func writeSamples(_ trainer: Trainer, to folder: String) throws

    /// The model with the present weights as users load it, into a folder that is there and empty. The job puts it into place when it is whole.
    func writeModel(_ trainer: Trainer, to folder: String) throws
}

extension TrainingTask {
    package var unit: String { "samples" }
    package func begin(_ trainer: Trainer) throws {}
    package func evaluate(_ trainer: Trainer) throws -> [String: Double] { [:] }
    package func writeSamples(_ trainer: Trainer, to folder: String) throws {}
}
