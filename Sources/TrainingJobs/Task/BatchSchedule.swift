import Training

/// Learning rates and weight decays of a run, one of each for each batch. Under accumulation an update takes those of its first batch.
package struct BatchSchedule: Sendable, Equatable {
    package let learningRates, weightDecays: [Double]

    /// Batches of the run.
    package var count: Int { learningRates.count }

    /// - Throws: `TrainingScheduleError` if they differ in length, or there is no step.
    package init(_ learningRates: TrainingSchedule, _ weightDecays: TrainingSchedule) throws(TrainingScheduleError) {
        let (rates, decays) = (learningRates.values, weightDecays.values)
        guard rates.count == decays.count else {
            throw .length("\(rates.count) learning rates and \(decays.count) weight decays; both need one a step")
        }
        guard !rates.isEmpty else { throw .length("the run has no steps; give 1 or more") }
        (self.learningRates, self.weightDecays) = (rates, decays)
    }
}
