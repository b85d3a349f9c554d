import FourMSampling

extension ConfigFile {
    /// The settings of the base generation; nil when no targets are named.
    ///
    /// As the reference, sorts the conditions. Missing keys take the presets of `run_generation.py` where those are the
    /// same for every target. A whole `top_k` is a count, a fractional one (with a decimal point) a share.
    /// - Throws: `SettingsError`.
    package func baseSettings() throws(SettingsError) -> GenerationSettings? {
        guard let targets = names("target_domains"), !targets.isEmpty else { return nil }
        let conditions = names("cond_domains") ?? []
        return try settings(conditions: conditions.sorted(), targets: targets, prefix: "", presets: .base)
    }

    /// The settings of the super-resolution generation; nil when no targets are named.
    ///
    /// Without conditions of its own it is conditioned on all conditions and targets of the base generation.
    /// - Throws: `SettingsError`.
    package func superResolutionSettings() throws(SettingsError) -> GenerationSettings? {
        guard let targets = names("sr_target_domains"), !targets.isEmpty else { return nil }
        let base = (names("cond_domains") ?? []).sorted() + (names("target_domains") ?? [])
        let conditions = names("sr_cond_domains")?.sorted() ?? base
        return try settings(conditions: conditions, targets: targets, prefix: "sr_", presets: .superResolution)
    }

    /// Values for keys that are not given.
    private struct Presets {
        var tokens: String
        var steps: String
        var temperature: String?

        static let base = Presets(tokens: "196", steps: "25", temperature: nil)
        static let superResolution = Presets(tokens: "784", steps: "8", temperature: "1.0")
    }

    private func settings(
        conditions: [String], targets: [String], prefix: String, presets: Presets
    ) throws(SettingsError) -> GenerationSettings {
        func list(_ key: String, _ preset: String?) throws(SettingsError) -> [String] {
            try perTarget(prefix + key, targets: targets.count, otherwise: preset)
        }
        let columns = Columns(
            prefix: prefix, tokens: try list("tokens_per_target", presets.tokens),
            schemes: try list("autoregression_schemes", "maskgit"), steps: try list("decoding_steps", presets.steps),
            tokenSchedules: try list("token_decoding_schedules", "cosine"),
            temperatures: try list("temps", presets.temperature),
            temperatureSchedules: try list("temp_schedules", "linear"), guidance: try list("cfg_scales", "4.0"),
            guidanceSchedules: try list("cfg_schedules", "constant"))
        var plans: [TargetPlan] = []
        for (index, target) in targets.enumerated() {
            plans.append(try columns.plan(index, target: target))
        }
        return GenerationSettings(
            conditions: conditions, targets: plans,
            growConditioning: try flag(prefix + "cfg_grow_conditioning") ?? true,
            topK: try topK(prefix + "top_k"), topP: try number(prefix + "top_p") ?? 0)
    }

    private func topK(_ key: String) throws(SettingsError) -> TopKLimit {
        guard let text = self[key] else { return .off }
        if let count = Int(text) { return count > 0 ? .count(count) : .off }
        let share = try Self.number(text, key: key)
        return share > 0 ? .fraction(share) : .off
    }

    /// The lists of all targets.
    private struct Columns {
        var prefix: String
        var tokens: [String]
        var schemes: [String]
        var steps: [String]
        var tokenSchedules: [String]
        var temperatures: [String]
        var temperatureSchedules: [String]
        var guidance: [String]
        var guidanceSchedules: [String]

        func plan(_ index: Int, target: String) throws(SettingsError) -> TargetPlan {
            var plan = try named(index, target: target)
            plan.tokens = try ConfigFile.integer(tokens[index], key: prefix + "tokens_per_target")
            plan.temperature = try ConfigFile.number(temperatures[index], key: prefix + "temps")
            plan.guidance = .single(try ConfigFile.number(guidance[index], key: prefix + "cfg_scales"))
            if plan.scheme != .autoregressive {
                plan.steps = try ConfigFile.integer(steps[index], key: prefix + "decoding_steps")
            }
            return plan
        }

        /// What is given by name.
        private func named(_ index: Int, target: String) throws(SettingsError) -> TargetPlan {
            do throws(ScheduleError) {
                let scheme = try DecodingScheme(name: schemes[index])
                return TargetPlan(
                    target: target, tokens: 0, scheme: scheme,
                    tokenSchedule: scheme == .autoregressive ? nil : try TokenSchedule(name: tokenSchedules[index]),
                    temperatureSchedule: try TemperatureSchedule(name: temperatureSchedules[index]),
                    guidanceSchedule: try GuidanceSchedule(name: guidanceSchedules[index], target: target))
            } catch {
                throw .schedule(error)
            }
        }
    }
}
