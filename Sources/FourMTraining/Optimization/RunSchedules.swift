import FourMSettings
import Training

/// Learning rates and schedules that a run's options stand for.
///
/// Source: `run_training_4m.py`.
package struct RunSchedules: Sendable, Equatable {
    /// Samples of an update at which a base learning rate is the learning rate.
    package static let baseBatch = 256.0

    /// What a run is told.
    package struct Options: Sendable, Equatable {
        /// Learning rates are these times samples of an update / 256.
        package var baseLearningRate: Double
        package var smallestBaseLearningRate = 0.0
        /// Of the epochs in which only embeddings learn; not above 0: ``baseLearningRate``.
        package var frozenBaseLearningRate = -1.0
        package var frozenEpochs = 0
        /// Samples of a batch on one process.
        package var batch: Int
        /// Batches of an update.
        package var accumulation = 1
        package var processes = 1
        package var epochs: Int
        package var stepsPerEpoch: Int
        package var warmup = TrainingSchedule.Span()
        /// Of an inverse square root.
        package var cooldown = TrainingSchedule.Span()
        /// nil: a cosine; else the inverse square root with this timescale.
        package var timescale: Double?
        package var weightDecay = 0.05
        /// nil: ``weightDecay``.
        package var weightDecayEnd: Double?

        package init(baseLearningRate: Double, batch: Int, epochs: Int, stepsPerEpoch: Int) {
            (self.baseLearningRate, self.batch, self.epochs, self.stepsPerEpoch) = (baseLearningRate, batch, epochs, stepsPerEpoch)
        }
    }

    /// Samples of an update.
    package let totalBatch: Int
    package let learningRate: Double
    package let smallestLearningRate: Double
    package let frozenLearningRate: Double
    /// One value a batch: first those of the frozen epochs, which are all the same, then the cosine.
    package let learningRates: TrainingSchedule
    package let weightDecays: TrainingSchedule

    /// - Throws: ``TrainingScheduleError``.
    package init(_ options: Options) throws(TrainingScheduleError) {
        let processes = try TrainingSchedule.product(options.batch, options.processes)
        totalBatch = try TrainingSchedule.product(processes, options.accumulation)
        guard options.batch > 0, options.accumulation > 0, options.processes > 0 else {
            throw .value("batch, accumulation and processes must be 1 or more")
        }
        let scale = Double(totalBatch) / RunSchedules.baseBatch
        func rate(_ base: Double) -> Double { base * scale }
        learningRate = rate(options.baseLearningRate)
        smallestLearningRate = rate(options.smallestBaseLearningRate)
        frozenLearningRate = rate(options.frozenBaseLearningRate > 0 ? options.frozenBaseLearningRate : options.baseLearningRate)
        guard options.frozenEpochs <= options.epochs else {
            throw .length("\(options.frozenEpochs) frozen epochs are more than the \(options.epochs) of the run; freeze for fewer")
        }
        let frozenEpochs = max(options.frozenEpochs, 0)
        let frozen = TrainingSchedule.Length(epochs: frozenEpochs, stepsPerEpoch: options.stepsPerEpoch)
        let main = TrainingSchedule.Length(epochs: options.epochs - frozenEpochs, stepsPerEpoch: options.stepsPerEpoch)
        learningRates = try TrainingSchedule.constant(frozenLearningRate, frozen).followed(
            by: try options.schedule(base: learningRate, end: smallestLearningRate, main, warmup: options.warmup))
        weightDecays = try TrainingSchedule.constant(options.weightDecay, frozen).followed(
            by: try options.schedule(base: options.weightDecay, end: options.weightDecayEnd ?? options.weightDecay, main, warmup: .init()))
    }
}

extension RunSchedules.Options {
    fileprivate func schedule(
        base: Double, end: Double, _ length: TrainingSchedule.Length, warmup: TrainingSchedule.Span
    ) throws(TrainingScheduleError) -> TrainingSchedule {
        guard let timescale else { return try .cosine(base: base, end: end, length, warmup: warmup) }
        return try .inverseSquareRoot(base: base, end: end, length, warmup: warmup, cooldown: cooldown, timescale: timescale)
    }

    /// Of a run by `processes` processes.
    package init(_ run: FMRunSettings, _ lengths: RunLengths, processes: Int) {
        self.init(baseLearningRate: run.baseRate, batch: run.batch, epochs: lengths.epochs, stepsPerEpoch: lengths.stepsPerEpoch)
        (smallestBaseLearningRate, frozenBaseLearningRate) = (run.smallestBaseRate, run.frozenBaseRate)
        (frozenEpochs, accumulation, self.processes) = (lengths.frozenEpochs, run.accumulation, processes)
        warmup = TrainingSchedule.Span(epochs: lengths.warmup.epochs, steps: lengths.warmup.steps)
        cooldown = TrainingSchedule.Span(epochs: lengths.cooldown.epochs, steps: lengths.cooldown.steps)
        (weightDecay, weightDecayEnd) = (run.weightDecay, run.weightDecayEnd)
        if case .inverseSquareRoot(let scale) = run.scheduler { timescale = scale }
    }
}
