import FourMSampling

/// Compares schedules with golden cases of kind `generation_schedules`.
package enum ScheduleConformance {
    /// - Parameter schedules: the parsed file that `case.json` names in `parameters.file`.
    package static func run(schedules: [String: Any], tolerance: Tolerance) -> ConformanceOutcome {
        var outcome = ConformanceOutcome()
        for entry in schedules["raw"] as? [[String: Any]] ?? [] { compareRaw(entry, tolerance, &outcome) }
        for (index, entry) in (schedules["chained"] as? [[String: Any]] ?? []).enumerated() {
            compareChained("chained \(index)", entry, tolerance, &outcome)
        }
        if outcome.checks == 0 { outcome.fail("schedules", "the file holds neither 'raw' nor 'chained'") }
        return outcome
    }

    private static func compareRaw(
        _ entry: [String: Any], _ tolerance: Tolerance, _ outcome: inout ConformanceOutcome
    ) {
        guard let steps = entry["num_steps"] as? Int, let tokens = entry["total_tokens"] as? Int else {
            return outcome.fail("raw", "num_steps or total_tokens is missing")
        }
        for (key, value) in entry.sorted(by: { $0.key < $1.key }) where key != "num_steps" && key != "total_tokens" {
            let name = "\(steps) steps, \(tokens) tokens, \(key)"
            guard let expected = value as? [Double] else {
                outcome.fail(name, "expected a list of numbers")
                continue
            }
            do {
                let values = try rawValues(key, steps: steps, tokens: tokens)
                outcome.close(name, values, expected, tolerance)
            } catch {
                outcome.fail(name, "\(error)")
            }
        }
    }

    /// Keys: `cosine`, `linear`, `continue_linear_from_<n>`, `linear_temp_<tokens>:<t>`,
    /// `onex_<tokens>:<max>:<min>:<power>`.
    private static func rawValues(_ key: String, steps: Int, tokens: Int) throws -> [Double] {
        let parts = key.split(separator: ":").map(String.init)
        let numbers = parts.dropFirst().compactMap(Double.init)
        let prefix = "continue_linear_from_"
        if key.hasPrefix(prefix), let done = Int(key.dropFirst(prefix.count)) {
            let counts = try TokenSchedule.linear.counts(steps: steps, tokens: tokens)
            return TokenSchedule.continuing(counts, after: done).map(Double.init)
        }
        let words = parts[0].split(separator: "_").map(String.init)
        let counts = try TokenSchedule(name: words[words.count - 1]).counts(steps: steps, tokens: tokens)
        switch (words.first, numbers.count) {
        case ("onex", 3):
            let schedule = TemperatureSchedule.oneOverX(minimum: numbers[1], power: numbers[2])
            return schedule.values(temperature: numbers[0], counts: counts)
        case ("linear", 1) where words.count == 3:
            return TemperatureSchedule.linear.values(temperature: numbers[0], counts: counts)
        default:
            return counts.map(Double.init)
        }
    }

    private static func compareChained(
        _ name: String, _ entry: [String: Any], _ tolerance: Tolerance, _ outcome: inout ConformanceOutcome
    ) {
        guard let arguments = entry["args"] as? [String: Any], let expected = entry["schedule"] as? [[String: Any]]
        else { return outcome.fail(name, "args or schedule is missing") }
        do {
            let chain = try ChainedSchedule(
                conditions: arguments["cond_domains"] as? [String] ?? [], targets: try plans(arguments),
                growConditioning: arguments["cfg_grow_conditioning"] as? Bool ?? false)
            outcome.equal("\(name) length", chain.steps.count, expected.count)
            for (index, (step, reference)) in zip(chain.steps, expected).enumerated() {
                compare("\(name) step \(index)", step, reference, tolerance, &outcome)
            }
        } catch {
            outcome.fail(name, "\(error)")
        }
    }

    private static func compare(
        _ name: String, _ step: GenerationStep, _ reference: [String: Any], _ tolerance: Tolerance,
        _ outcome: inout ConformanceOutcome
    ) {
        outcome.equal("\(name) target", step.target, reference["target_domain"] as? String ?? "")
        outcome.equal("\(name) scheme", step.scheme.rawValue, reference["scheme"] as? String ?? "")
        outcome.equal("\(name) num_tokens", step.numTokens, reference["num_tokens"] as? Int)
        outcome.close(
            "\(name) temperature", [step.temperature], [reference["temperature"] as? Double ?? .nan], tolerance)
        outcome.close("\(name) cfg_scale", step.cfgScale.values, scale(reference["cfg_scale"]).values, tolerance)
        outcome.equal(
            "\(name) cfg_cond_domains", step.cfgConditionDomains, reference["cfg_cond_domains"] as? [String] ?? [])
    }

    private static func plans(_ arguments: [String: Any]) throws -> [TargetPlan] {
        func column(_ key: String) -> [Any] { arguments[key] as? [Any] ?? [] }
        func value(_ key: String, _ index: Int) -> Any? { index < column(key).count ? column(key)[index] : nil }
        return try column("target_domains").indices.map { index in
            let target = value("target_domains", index) as? String ?? ""
            let tokenSchedule = value("token_decoding_schedules", index) as? String
            return TargetPlan(
                target: target, tokens: value("tokens_per_target", index) as? Int ?? 0,
                scheme: try DecodingScheme(name: value("autoregression_schemes", index) as? String ?? ""),
                steps: value("decoding_steps", index) as? Int,
                tokenSchedule: try tokenSchedule.map { try TokenSchedule(name: $0) },
                temperature: value("temps", index) as? Double ?? .nan,
                temperatureSchedule: try TemperatureSchedule(name: value("temp_schedules", index) as? String ?? ""),
                guidance: scale(value("cfg_scales", index)),
                guidanceSchedule: try GuidanceSchedule(
                    name: value("cfg_schedules", index) as? String ?? "", target: target))
        }
    }

    private static func scale(_ value: Any?) -> GuidanceScale {
        if let list = value as? [Double] { return .weights(list) }
        return .single(value as? Double ?? .nan)
    }
}
