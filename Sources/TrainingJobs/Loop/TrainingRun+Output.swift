import Files
import Formats
import Inspect
import Training

extension TrainingRun {
    /// What is due after a batch: evaluation, samples, checkpoint.
    func afterBatch(_ progress: TrainingProgress) throws {
        let isLast = step == steps
        let isCheckpoint = step % settings.checkpointEvery == 0 || isLast
        if isDue(settings.evaluateEvery, isCheckpoint, isLast) { try evaluate(progress) }
        if isDue(settings.samplesEvery, isCheckpoint, isLast) { try drawSamples() }
        if isCheckpoint {
            try checkWeights()
            try save()
        }
    }

    /// - Parameter interval: nil: at each checkpoint; 0: never. The last batch counts as well.
    private func isDue(_ interval: Int?, _ isCheckpoint: Bool, _ isLast: Bool) -> Bool {
        guard let interval else { return isCheckpoint }
        return interval > 0 && (step % interval == 0 || isLast)
    }

    private func evaluate(_ progress: TrainingProgress) throws {
        let values = try shield.run { try task.evaluate(trainer) }
        guard !values.isEmpty else { return }
        figures = (step, values)
        try log?.add(
            LogEntry(step: step, Dictionary(values.map { (LogEntry.evaluation + $0, $1) }, uniquingKeysWith: { first, _ in first })))
        progress.note(
            step, "evaluation: " + values.sorted { $0.key < $1.key }.map { "\($0) \(TrainingProgress.number($1))" }.joined(separator: ", "))
        guard let loss = values["loss"], loss.isFinite, loss < best?.loss ?? .infinity else { return }
        best = CheckpointRecord.Best(step: step, loss: loss)
        guard job.isLeader else { return }
        do { try checkpoints.writeBest(step, model: writeModel) } catch { throw lost(error) }
    }

    private func writeModel(_ folder: String) throws { try shield.run { try task.writeModel(trainer, to: folder) } }

    /// A sample sheet that cannot be written is no reason to stop.
    private func drawSamples() throws {
        guard job.isLeader else { return }
        let folder = checkpoints.samples
        let path = FilePath.join(folder, CheckpointFolder.name(step))
        do {
            try Folders.make(folder)
            try OutputFolder.writeWhole(path) { temporary in try shield.run { try task.writeSamples(trainer, to: temporary) } }
            for place in [path, folder] where OutputFolder.names(in: place).isEmpty { try OutputFolder.withdraw(place) }
        } catch { return job.listener.warn("samples after batch \(step): \(error)") }
        log?.add(picturesIn: path, step: step)
    }

    /// A checkpoint of what is done, unless it is there already.
    func save() throws {
        guard job.isLeader, saved != step else { return }
        let state = trainer.state
        let record = CheckpointRecord(
            kind: task.kind, step: step, amount: amount, identity: task.identity, integers: state.integers,
            figures: figures.step == step ? figures.values : [:], best: best)
        do {
            try checkpoints.write(record, state, model: writeModel)
        } catch {
            throw lost(error)
        }
        saved = step
        drawCurve()
    }

    /// That no checkpoint could be written, and where the training stands.
    private func lost(_ error: any Error) -> any Error {
        let stand =
            saved.map { "the checkpoint after batch \($0) is whole; make room, and --resume goes on from there" }
            ?? "there is no checkpoint yet; make room, and begin anew"
        guard let error = error as? OutputError else {
            guard let error = error as? CheckpointError, error.kind == .unwritable else { return error }
            return OutputError(error.file, "\(error.problem); \(stand)")
        }
        return OutputError(error.path, "\(error.problem); \(stand)", error.cause)
    }

    /// The curve is drawn anew each time; without cairo there is none.
    private func drawCurve() {
        guard let log, let curve = LossCurve(log.entries) else { return }
        do {
            let title = "\(task.kind): \(FilePath.name(of: FilePath.absolute(settings.output)))"
            try curve.write(to: FilePath.join(settings.output, LossCurve.name), title: title)
        } catch { job.listener.detail("\(LossCurve.name) was not drawn: \(error)") }
    }

    /// Stops between two batches.
    func stop(_ progress: TrainingProgress) throws -> TrainingReport {
        try save()
        progress.finish()
        if job.isLeader { job.listener.note("stopped after batch \(step) of \(steps); --resume goes on from there") }
        return report(isStopped: true, model: nil)
    }

    /// The model at the end, in place of an earlier one.
    func complete() throws -> TrainingReport {
        try save()
        guard job.isLeader else { return report(isStopped: false, model: nil) }
        let path = FilePath.join(settings.output, CheckpointRecord.model)
        do { try OutputFolder.writeWhole(path, writeModel) } catch { throw lost(error) }
        return report(isStopped: false, model: path)
    }

    private func report(isStopped: Bool, model: String?) -> TrainingReport {
        TrainingReport(
            kind: task.kind, output: settings.output, step: step, steps: steps, isStopped: isStopped, amount: amount, unit: task.unit,
            loss: lastLoss, evaluation: figures.values, bestLoss: best?.loss, bestStep: best?.step, seconds: pace.elapsed,
            checkpoint: saved.map(checkpoints.path), model: model)
    }
}
