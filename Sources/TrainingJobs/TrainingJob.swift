import Files
import Formats
import Inspect
import Media
import Training

/// Trains: the loop that all kinds of training share, with its progress, logs, checkpoints and resumption.
///
/// Below ``TrainingJobSettings/output`` it writes `log.jsonl`, event files of TensorBoard, `loss.png`, `samples/step-…`, `checkpoints/step-…` (the model as
/// users load it and the state that a resume needs), `best/step-…` and, at the end, `model/`.
package struct TrainingJob<Kind: TrainingTask> {
    let task: Kind
    let settings: TrainingJobSettings
    let listener: any JobListener
    /// Processes that share the training; nil for one alone.
    let team: TrainingTeam?

    package init(_ task: Kind, _ settings: TrainingJobSettings, team: TrainingTeam? = nil, listener: any JobListener) {
        (self.task, self.settings, self.team, self.listener) = (task, settings, team, listener)
    }

    /// Rank 0 writes.
    var isLeader: Bool { (team?.rank ?? 0) == 0 }

    /// Trains until the last batch, or until `isStopped` says so, which is asked after each batch; then with a checkpoint of what is done.
    /// - Throws: ``WorkError`` for settings and contents, `OutputError` for outputs, what the task throws. A checkpoint that was there before is
    ///   there still.
    package func run(isStopped: @escaping () -> Bool = { Task.isCancelled }) throws -> TrainingReport {
        try settings.check()
        try OutputFolder.check(settings.output)
        try Folders.make(settings.output)
        let lock = isLeader ? try RunLock(FilePath.join(settings.output, ".training.lock"), for: settings.output) : nil
        return try withExtendedLifetime(lock) {
            let run = try TrainingRun(self)
            defer { run.end() }
            try check(run)
            return try run.train(isStopped)
        }
    }

    /// What a run would take; two batches are done to see, and nothing is kept.
    /// - Throws: as ``run(isStopped:)``.
    package func estimate() throws -> TrainingEstimate {
        try settings.check()
        try OutputFolder.check(settings.output)
        let run = try TrainingRun(self, isTrial: true)
        defer { run.end() }
        return try run.estimate(measured: true)
    }

    /// That memory and disk suffice, as far as that can be told before the first step.
    private func check(_ run: TrainingRun<Kind>) throws {
        guard run.step < run.steps else { return }
        let estimate = try run.estimate(measured: false)
        try estimate.checkMemory()
        guard isLeader else { return }
        if let problem = estimate.diskProblem { listener.warn(problem) }
        listener.note(
            "\(Human.exact(estimate.parameters)) parameters, \(Human.bytes(estimate.memoryBytes)) of memory, \(estimate.steps) batches")
    }
}

extension TrainingJobSettings {
    /// - Throws: ``WorkError`` for a number that cannot be.
    func check() throws {
        let least = [
            ("batches between lines of the log", logEvery, 1), ("batches between checkpoints", checkpointEvery, 1),
            ("batches between evaluations", evaluateEvery ?? 0, 0), ("batches between samples", samplesEvery ?? 0, 0),
            ("checkpoints to keep", keep, 1), ("batches made ahead", prefetch, 1),
        ]
        if let wrong = least.first(where: { $0.1 < $0.2 }) {
            throw WorkError("\(wrong.0): \(wrong.1) cannot be; give \(wrong.2) or more")
        }
    }
}
