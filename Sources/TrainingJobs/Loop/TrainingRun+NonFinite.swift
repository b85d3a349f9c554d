import Files
import Formats
import IR
import Inspect
import Training

/// A step whose loss or gradients were no numbers: `non-finite.json`.
struct NonFiniteReport: Codable, Sendable {
    static let name = "non-finite.json"

    /// The batch, counted from 1, and its samples.
    let batch: Int
    let samples: [String]
    /// `loss` and others; numbers as texts, since they may be none.
    let results: [String: String]
    let origin: NonFiniteOrigin?

    static func list(_ samples: [String]) -> String {
        let shown = samples.prefix(8).joined(separator: ", ")
        return samples.count > 8 ? "\(shown) and \(samples.count - 8) more" : shown
    }
}

extension TrainingRun {
    /// What to say of a batch whose loss or gradients are not finite. Weights may be spoilt by now, so that the last checkpoint is gone back to,
    /// and the batches since then are done again, to look into the step as it was.
    func nonFinite(_ inputs: StepInputs, _ result: BatchResult) throws -> any Error {
        if let team = job.team { return try team.nonFinite(inputs, result, batch: step + 1) }
        let origin = found(inputs)
        var results = result.values.mapValues { "\($0)" }
        results["gradient_norm"] = result.gradientNorm.map { "\($0)" }
        let report = NonFiniteReport(batch: step + 1, samples: inputs.samples, results: results, origin: origin)
        try? OutputFile.write(JSONWriter.text(report, isPretty: true) + "\n", to: FilePath.join(settings.output, NonFiniteReport.name))
        return WorkError(text(report, result), .content)
    }

    /// Where the search itself fails, the training ends with what is known.
    private func found(_ inputs: StepInputs) -> NonFiniteOrigin? {
        do { return try shield.run { () throws -> NonFiniteOrigin? in try origin(inputs) } } catch {
            job.listener.warn("where it came up is not known: \(error)")
            return nil
        }
    }

    private func text(_ report: NonFiniteReport, _ result: BatchResult) -> String {
        let loss = result.values["loss"] ?? .nan
        let what = loss.isFinite ? "the gradients have the norm \(result.gradientNorm ?? .nan)" : "the loss is \(loss)"
        let origin = report.origin.map { "; \($0.description)" } ?? ""
        let samples = report.samples.isEmpty ? "" : "; the batch: \(NonFiniteReport.list(report.samples))"
        let stand = saved.map { "the checkpoint after batch \($0) is as it was" } ?? "no checkpoint had been written"
        return
            "batch \(report.batch): \(what)\(origin)\(samples); \(stand). Look at these samples, lower the learning rate, or clip gradients"
    }

    /// Where the first NaN or infinity of the present step came up.
    private func origin(_ inputs: StepInputs) throws -> NonFiniteOrigin? {
        let before = try TrainerReplay(task, checkpoints, trainer, threads: settings.threads)
        if step > before.step { job.listener.note("batches \(before.step + 1) to \(step) are done again, to look into the next one") }
        let harmless = try before.advance(to: step)
        return try NonFiniteSearch(trainer: before.trainer).first(in: inputs.tensors, harmless: harmless)
    }
}

/// A trainer that does again what was done since the last checkpoint.
final class TrainerReplay<Kind: TrainingTask> {
    let trainer: Trainer
    private(set) var step = 0
    private let task: Kind

    /// - Parameter spoilt: a trainer of the task, which goes back to the newest checkpoint; without any, a new one is made.
    init(_ task: Kind, _ checkpoints: CheckpointFolder, _ spoilt: Trainer, threads: Int?) throws {
        self.task = task
        if let newest = try checkpoints.newest(warn: { _ in }) {
            trainer = spoilt
            try trainer.restore(newest.state)
            step = newest.record.step
        } else {
            trainer = try Trainer(task.function, task.settings, threads: threads)
            try task.begin(trainer)
        }
    }

    /// Trains up to batch `end`.
    /// - Returns: where infinities came up in the batch before it; nil where that was not done again.
    func advance(to end: Int) throws -> Set<String>? {
        var places: Set<String>?
        while step < end {
            let inputs = try task.inputs(of: task.batch(step), step: step)
            if step + 1 == end { places = try NonFiniteSearch(trainer: trainer).places(inputs.tensors) }
            let (rate, decay) = (task.schedule.learningRates[step], task.schedule.weightDecays[step])
            _ = try trainer.step(inputs.tensors, learningRate: rate, weightDecay: decay, without: inputs.without)
            step += 1
        }
        return places
    }
}
