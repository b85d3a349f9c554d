import Files
import FourMData
import IR
import Inspect
import Runtime
import Synchronization
import Training

/// One run of a ``TrainingJob``: the trainer, how far it is, and what is written.
final class TrainingRun<Kind: TrainingTask> {
    let job: TrainingJob<Kind>
    let trainer: Trainer
    let checkpoints: CheckpointFolder
    let shield = ShieldedThread()
    /// Of rank 0.
    private(set) var log: TrainingLog?
    /// Batches done.
    var step = 0
    /// Where this run began.
    var start = 0
    /// Tokens or samples so far.
    var amount = 0
    var best: CheckpointRecord.Best?
    /// Of the last evaluation, and after how many batches it was.
    var figures: (step: Int, values: [String: Double]) = (-1, [:])
    var pace = TrainingPace()
    var interval = LossInterval()
    var lastLoss: Double?
    /// Steps whose checkpoints are whole.
    var saved: Int?

    var task: Kind { job.task }
    var settings: TrainingJobSettings { job.settings }
    var steps: Int { task.schedule.count }

    /// - Parameter isTrial: only looks, and writes nothing.
    /// - Throws: as ``TrainingJob/run(isStopped:)``.
    init(_ job: TrainingJob<Kind>, isTrial: Bool = false) throws {
        self.job = job
        checkpoints = CheckpointFolder(job.settings.output, keep: job.settings.keep)
        if job.isLeader, !isTrial { try checkpoints.prepare() }
        let found = job.isLeader ? try TrainingRun.found(job, checkpoints) : nil
        trainer = try Trainer(job.function, job.task.settings, threads: job.settings.threads)
        trainer.exchange = job.team?.exchange
        try checkTeam()
        if let found {
            try resume(found.record, found.state)
        } else if job.isLeader {
            try shield.run { try job.task.begin(trainer) }
        }
        try followLeader()
        if job.isLeader, !isTrial { log = try TrainingLog(in: job.settings.output, from: step) { job.listener.warn($0) } }
    }

    func end() { shield.end() }

    /// The checkpoint to go on from.
    /// - Throws: ``WorkError`` where one is there and nobody asked to go on.
    private static func found(
        _ job: TrainingJob<Kind>, _ checkpoints: CheckpointFolder
    ) throws -> (record: CheckpointRecord, state: TrainerState)? {
        guard job.settings.resumes else {
            guard let last = checkpoints.steps.last else { return nil }
            throw WorkError(
                "\(job.settings.output) holds a training, with a checkpoint after batch \(last); give --resume to go on with it, or name another output",
                .content)
        }
        let newest = try checkpoints.newest(warn: job.listener.warn)
        if newest == nil { job.listener.note("\(job.settings.output) holds no checkpoint; the training begins anew") }
        return newest
    }

    private func resume(_ record: CheckpointRecord, _ state: TrainerState) throws {
        try record.check(task, at: checkpoints.path(record.step))
        try trainer.restore(state)
        (step, start, amount, best, saved) = (record.step, record.step, record.amount, record.best, record.step)
        if !record.figures.isEmpty { figures = (record.step, record.figures) }
        job.listener.note("goes on after batch \(step) of \(steps)")
    }

    /// Batches until the end, or until `isStopped`.
    func train(_ isStopped: () -> Bool) throws -> TrainingReport {
        let next = Mutex(step)
        let (last, task) = (steps, task)
        let queue = OrderedPrefetch(
            threads: min(settings.prefetch, 4), capacity: settings.prefetch,
            source: { @Sendable in
                next.withLock { next in
                    defer { next += 1 }
                    return next < last ? next : nil
                }
            }, work: { @Sendable (step: Int) in Result { try task.batch(step) } })
        defer { queue.stop() }
        let progress = TrainingProgress(job.listener, from: step, to: steps, unit: task.unit)
        defer { progress.finish() }
        while step < steps {
            if isBetweenUpdates, try team(wants: isStopped()) { return try stop(progress) }
            let inputs = try inputs(queue)
            try advance(inputs, progress)
            try afterBatch(progress)
        }
        return try complete()
    }

    /// Whether any process of the team wants it.
    private func team(wants wish: Bool) throws -> Bool {
        guard let team = job.team else { return wish }
        return try team.sum([wish ? 1 : 0])[0] > 0
    }

    /// The next batch. Where it cannot be had, what was trained so far is kept.
    private func inputs(_ queue: OrderedPrefetch<Int, Result<Kind.Batch, any Error>>) throws -> StepInputs {
        do {
            return try shield.run {
                guard let batch = try queue.next() else { throw CancellationError() }
                return try task.inputs(of: batch.get(), step: step)
            }
        } catch {
            try save()
            throw error
        }
    }

    /// One batch.
    private func advance(_ inputs: StepInputs, _ progress: TrainingProgress) throws {
        let (rate, decay) = (task.schedule.learningRates[step], task.schedule.weightDecays[step])
        let outcome = try naming(inputs) {
            try trainer.step(inputs.tensors, learningRate: rate, weightDecay: decay, without: inputs.without)
        }
        try followBuffers()
        let result = BatchResult(outcome, loss: task.function.loss)
        let values = try shared(result.values)
        guard result.isFinite, (values["loss"] ?? .nan).isFinite else { throw try nonFinite(inputs, result) }
        step += 1
        amount += inputs.amount * (job.team?.size ?? 1)
        pace.add(inputs.amount * (job.team?.size ?? 1))
        interval.add(values, result.gradientNorm, skips: result.isSkipped)
        lastLoss = values["loss"]
        if step % settings.logEvery == 0 || step == steps { try log(rate, decay) }
        progress.update(step, loss: values["loss"] ?? .nan, pace)
    }

    /// `body` with the batch before what the runtime says of its data.
    private func naming<Result>(_ inputs: StepInputs, _ body: () throws -> Result) throws -> Result {
        do { return try shield.run(body) } catch let error as RuntimeError where error.cause != .resources {
            let samples = inputs.samples.isEmpty ? "" : " (\(NonFiniteReport.list(inputs.samples)))"
            throw WorkError("batch \(step + 1)\(samples): \(error)", .content)
        }
    }

    /// Means over the team.
    private func shared(_ values: [String: Double]) throws -> [String: Double] {
        guard let team = job.team else { return values }
        let names = values.keys.sorted()
        let sums = try team.sum(names.map { values[$0] ?? 0 })
        return Dictionary(zip(names, sums.map { $0 / Double(team.size) }), uniquingKeysWith: { first, _ in first })
    }

    private func log(_ rate: Double, _ decay: Double) throws {
        var values = interval.values
        values["learning_rate"] = rate
        values["weight_decay"] = decay
        values["\(task.unit)_per_second"] = pace.rate
        values["seconds"] = pace.elapsed
        values[task.unit] = Double(amount)
        interval = LossInterval()
        try log?.add(LogEntry(step: step, values))
    }
}
