import Digests
import IR
import Training

extension TrainingJob {
    /// The task's function, with random numbers of this process's own.
    var function: TrainedFunction {
        guard let team, team.rank > 0 else { return task.function }
        var function = task.function
        function.seed = CounterRandom(seed: function.seed).substream(UInt64(team.rank)).stream
        return function
    }
}

/// Where a run meets the other processes of its team.
extension TrainingRun {
    /// Under accumulation, gradients of a part of an update are each process's own, and no checkpoint holds them.
    var isBetweenUpdates: Bool { job.team == nil || step % task.settings.accumulation == 0 }

    /// That all processes train the same.
    /// - Throws: ``TeamError``, `ProcessGroupError`.
    func checkTeam() throws {
        guard let team = job.team else { return }
        guard settings.checkpointEvery % task.settings.accumulation == 0 else {
            throw TeamError(
                "a checkpoint every \(settings.checkpointEvery) batches would fall into updates of \(task.settings.accumulation); "
                    + "give a multiple of it, as \(team.size) processes share them")
        }
        try team.agree(
            [("functions", functions()), ("frozen weights", frozenWeights()), ("options", options())],
            advice: "start all with the same files and options")
    }

    private func functions() -> SHA256 { SHA256(of: [trainer.function.module.text(inlining: 0)]) }

    private func options() -> SHA256 {
        let schedule = zip(task.schedule.learningRates, task.schedule.weightDecays).map { "\($0) \($1)" }
        let groups = task.function.groups.map { "\($0.weightDecay) \($0.learningRateScale) \($0.parameters)" }
        let identity = task.identity.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let intervals = [settings.checkpointEvery, settings.evaluateEvery ?? -1, settings.samplesEvery ?? -1].map { "\($0)" }
        return SHA256(of: [task.kind, "\(task.settings)"] + intervals + identity + groups + schedule)
    }

    private func frozenWeights() -> SHA256 {
        var digest = SHA256()
        for (key, constant) in trainer.function.module.constants.sorted(by: { $0.key < $1.key }) {
            guard let tensor = constant.tensor else { continue }
            digest.update(key)
            digest.update(tensor)
        }
        return digest
    }

    /// Goes to where rank 0 is: its weights, moments and counts.
    func followLeader() throws {
        guard let team = job.team else { return }
        let own = TeamPosition(step: step, amount: amount, best: best, figuresStep: figures.step, figures: figures.values)
        let (state, position) = try team.share(trainer.state, own)
        guard team.rank > 0 else { return }
        try trainer.restore(state)
        (step, start, amount, best) = (position.step, position.step, position.amount, position.best)
        figures = (position.figuresStep, position.figures)
    }

    /// Takes over rank 0's buffers after a batch: each process's batch moved its own.
    func followBuffers() throws {
        guard let team = job.team, !task.function.buffers.isEmpty else { return }
        for (key, copy) in trainer.buffers.sorted(by: { $0.key < $1.key }) {
            try team.follow(copy)
            if team.rank > 0 { try trainer.setBuffer(key, copy) }
        }
    }

    /// That all processes have the same weights.
    /// - Throws: ``TeamError`` naming those that have others.
    func checkWeights() throws {
        guard let team = job.team else { return }
        var digest = SHA256()
        for (_, tensor) in trainer.parameters.merging(trainer.buffers, uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            digest.update(tensor)
        }
        let stand = saved.map { "the checkpoint after batch \($0) was the same in all, and --resume goes on from there" }
        try team.agree([("weights after batch \(step)", digest)], advice: stand ?? "begin anew")
    }
}

/// How far rank 0 is.
private struct TeamPosition: Codable {
    let step, amount: Int
    let best: CheckpointRecord.Best?
    let figuresStep: Int
    let figures: [String: Double]
}

extension TrainingTeam {
    /// What to say of a batch with a loss or gradients that are not finite in some process.
    func nonFinite(_ inputs: StepInputs, _ result: BatchResult, batch: Int) throws -> TeamError {
        let culprits = try ranks(where: !(result.values["loss"] ?? .nan).isFinite)
        let samples = try text(of: culprits.first ?? 0, inputs.samples.prefix(8).joined(separator: ", "))
        let what =
            culprits.isEmpty
            ? "the gradients have the norm \(result.gradientNorm ?? .nan)"
            : "the loss of \(names(culprits)) is no number; its batch: \(samples)"
        return TeamError(
            "batch \(batch): \(what); the last checkpoint is as it was. Look at these samples, lower the learning rate, or clip gradients")
    }
}

extension SHA256 {
    fileprivate init(of texts: [String]) {
        self.init()
        for text in texts { update(text) }
    }

    fileprivate mutating func update(_ text: String) { Array((text + "\n").utf8).withUnsafeBytes { update($0) } }

    fileprivate mutating func update(_ tensor: Tensor) {
        withExtendedLifetime(tensor.bytes.owner) { update(tensor.bytes.buffer) }
    }
}
