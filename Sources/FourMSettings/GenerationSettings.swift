import FourMSampling

/// What to generate from what, and how: the targets in the order of decoding, and the filters for all of them.
///
/// Encodes to JSON for the record of a run.
package struct GenerationSettings: Codable, Hashable, Sendable {
    /// Names of the modalities that are given.
    package var conditions: [String]
    package var targets: [TargetPlan]
    /// Whether each finished image-like target joins the conditions that guidance empties.
    package var growConditioning: Bool
    package var topK: TopKLimit
    package var topP: Double

    package init(
        conditions: [String], targets: [TargetPlan], growConditioning: Bool = true, topK: TopKLimit = .off, topP: Double = 0
    ) {
        self.conditions = conditions
        self.targets = targets
        self.growConditioning = growConditioning
        self.topK = topK
        self.topP = topP
    }

    /// The steps of the generation.
    /// - Parameter modalities: tells which targets are sequences; targets it lacks are taken as they are.
    /// - Throws: `ScheduleError`.
    package func schedule(modalities: ModalityTable = .standard) throws(ScheduleError) -> ChainedSchedule {
        try ChainedSchedule(
            conditions: conditions, targets: targets, growConditioning: growConditioning,
            isSequence: { modalities[$0]?.isSequence ?? false })
    }

    /// The filter for one step.
    /// - Throws: `SamplingError.setting`.
    package func filter(temperature: Double) throws(SamplingError) -> SamplingFilter {
        try SamplingFilter(temperature: temperature, topK: topK, topP: topP)
    }
}
