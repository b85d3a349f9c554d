import FourMSampling
import FourMSettings
import IR

extension Sampler {
    /// Generates targets under several weighted conditions: `base + Σ weight (condition - base)` (`generate_multi_guided` of the
    /// reference, after arXiv 2206.01714; a negative weight moves away from its condition).
    ///
    /// `conditions[i]` enters with the i-th weight of each step. A finished target leaves the conditions and becomes one of its own,
    /// whose weight follows the others. What `base` holds beside the targets is common to all. Texts, which the reference leaves out,
    /// are decoded in the same way.
    package func generateMultiGuided(
        _ base: ModalitySet, conditions: [ModalitySet], schedule: ChainedSchedule
    ) throws -> ModalitySet {
        guard var current = schedule.steps.first?.target else { return base }
        var base = base
        var conditions = conditions
        var finishedTexts: [String: ModalityBatch] = [:]
        for index in conditions.indices { conditions[index][current] = base[current] }
        for (index, step) in schedule.steps.enumerated() {
            try check(step, base)
            if step.target != current { try rotate(from: &current, to: step.target, &base, &conditions, &finishedTexts) }
            guard step.cfgScale.values.count == conditions.count else {
                throw FourMError("step \(index) has \(step.cfgScale.values.count) guidance weights for \(conditions.count) conditions")
            }
            let branches = Branches(base: base, conditions: Array(zip(conditions, step.cfgScale.values)).map { (set: $0.0, weight: $0.1) })
            if step.scheme == .autoregressive {
                try autoregress(step, index, schedule.steps.count, branches, &base)
            } else {
                let written = try decodeDense(index, schedule, branches, &base)
                for condition in conditions.indices { write(written.positions, written.tokens, step.target, &conditions[condition]) }
            }
        }
        for (name, text) in finishedTexts { base[name] = text }
        return base
    }

    private func rotate(
        from current: inout String, to next: String, _ base: inout ModalitySet, _ conditions: inout [ModalitySet],
        _ finishedTexts: inout [String: ModalityBatch]
    ) throws {
        guard var finished = base[current] else { return }
        for index in conditions.indices {
            conditions[index][current] = nil
            conditions[index][next] = base[next]
        }
        // Earlier targets see nothing in `base` any more, so that a copy of it is what is common to all conditions.
        var condition = base
        if try model.modality(current).isSequence {
            finishedTexts[current] = finished
        } else {
            finished.inputMask = ModalityBatch.rows(finished.batch, finished.length, false)
        }
        finished.targetMask = ModalityBatch.rows(finished.batch, finished.length, true)
        condition[current] = finished
        conditions.append(condition)
        base[current]?.inputMask = ModalityBatch.rows(finished.batch, finished.length, true)
        current = next
    }
}
