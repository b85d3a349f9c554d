/// One step of a generation.
package struct GenerationStep: Codable, Hashable, Sendable {
    /// Name of the target modality.
    package var target: String
    package var scheme: DecodingScheme
    /// Tokens fixed by this step; nil for the autoregressive scheme, whose single step decodes the whole sequence.
    package var numTokens: Int?
    package var temperature: Double
    package var cfgScale: GuidanceScale
    /// Modalities that guidance empties for the unconditional pass.
    package var cfgConditionDomains: [String]

    package init(
        target: String, scheme: DecodingScheme, numTokens: Int?, temperature: Double, cfgScale: GuidanceScale,
        cfgConditionDomains: [String]
    ) {
        self.target = target
        self.scheme = scheme
        self.numTokens = numTokens
        self.temperature = temperature
        self.cfgScale = cfgScale
        self.cfgConditionDomains = cfgConditionDomains
    }

    private enum CodingKeys: String, CodingKey {
        case target, scheme
        case numTokens = "num_tokens"
        case temperature
        case cfgScale = "cfg_scale"
        case cfgConditionDomains = "cfg_cond_domains"
    }
}

/// All steps of a generation: target after target, each later target conditioned on the earlier ones.
///
/// Source: `build_chained_generation_schedules` in `fourm/models/generate.py`.
package struct ChainedSchedule: Codable, Hashable, Sendable {
    package var steps: [GenerationStep]

    package init(steps: [GenerationStep]) {
        self.steps = steps
    }

    /// Chains the targets in the given order.
    ///
    /// With `growConditioning`, each finished image-like target joins the conditions that guidance empties;
    /// autoregressive targets do not. Where a `onex` list is shorter than the token counts, the reference drops the
    /// remaining steps, leaving tokens undecoded; here they run at the schedule's minimum.
    /// - Parameter isSequence: tells sequence modalities, which only the autoregressive scheme can decode.
    /// - Throws: `ScheduleError`.
    package init(
        conditions: [String], targets: [TargetPlan], growConditioning: Bool = false,
        isSequence: (String) -> Bool = { _ in false }
    ) throws(ScheduleError) {
        var steps: [GenerationStep] = []
        var conditions = conditions
        for plan in targets {
            try Self.check(plan, isSequence: isSequence(plan.target))
            steps += try Self.steps(plan, conditions: conditions)
            if growConditioning, plan.scheme != .autoregressive { conditions.append(plan.target) }
        }
        self.steps = steps
    }

    /// Names of the targets in the order in which they are decoded.
    package var targets: [String] {
        steps.reduce(into: []) { names, step in
            if names.last != step.target { names.append(step.target) }
        }
    }

    /// The schedule without steps that decode nothing; counts that exceed what is left of their target are cut.
    package func executable() -> ChainedSchedule {
        var totals: [String: Int] = [:]
        for step in steps { totals[step.target, default: 0] += step.numTokens ?? 0 }
        return ChainedSchedule(
            steps: steps.compactMap { step in
                guard let count = step.numTokens else { return step }
                let taken = min(count, totals[step.target] ?? 0)
                guard taken > 0 else { return nil }
                totals[step.target, default: 0] -= taken
                var step = step
                step.numTokens = taken
                return step
            })
    }

    private static func check(_ plan: TargetPlan, isSequence: Bool) throws(ScheduleError) {
        guard plan.temperature.isFinite, plan.temperature >= 0 else {
            throw .value(what: "temperature", target: plan.target, value: plan.temperature)
        }
        if let scale = plan.guidance.values.first(where: { !$0.isFinite }) {
            throw .value(what: "guidance scale", target: plan.target, value: scale)
        }
        if isSequence, plan.scheme != .autoregressive {
            throw .schemeNotAllowed(target: plan.target, scheme: plan.scheme)
        }
    }

    private static func steps(_ plan: TargetPlan, conditions: [String]) throws(ScheduleError) -> [GenerationStep] {
        func step(_ count: Int?, _ temperature: Double) -> GenerationStep {
            GenerationStep(
                target: plan.target, scheme: plan.scheme, numTokens: count, temperature: temperature,
                cfgScale: plan.guidance, cfgConditionDomains: conditions)
        }
        guard let counts = try plan.counts() else { return [step(nil, plan.temperature)] }
        let temperatures = plan.temperatureSchedule.values(temperature: plan.temperature, counts: counts)
        let floor = plan.temperatureSchedule.floor(temperature: plan.temperature)
        return counts.enumerated().map { index, count in
            step(count, index < temperatures.count ? temperatures[index] : floor)
        }
    }
}
