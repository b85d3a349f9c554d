/// How long the parts of a run are, once it is known how many processes share it.
///
/// Source: `run_training_4m.py`: what is given in billions of tokens becomes epochs or steps.
package struct RunLengths: Sendable, Hashable {
    /// In epochs, or in steps where those are above 0.
    package struct Part: Sendable, Hashable {
        package let epochs, steps: Int
    }

    package let epochs: Int
    package let stepsPerEpoch: Int
    package let frozenEpochs: Int
    package let warmup, cooldown: Part

    /// - Throws: `SettingsError.value` for an epoch without a whole batch, and for lengths beyond counting.
    package init(_ settings: FMRunSettings, processes: Int) throws(SettingsError) {
        let (batch, isTooLarge) = settings.batch.multipliedReportingOverflow(by: max(processes, 1))
        stepsPerEpoch = isTooLarge ? 0 : settings.epochSize / batch
        guard stepsPerEpoch > 0 else {
            let all = processes > 1 ? "\(settings.batch) times \(processes) processes" : "\(settings.batch)"
            throw .value(key: "epoch_size", value: "\(settings.epochSize)", allowed: "at least batch_size (\(all))")
        }
        let tokens = Double(settings.inputTokens.upperBound + settings.targetTokens.upperBound)
        func count(_ billions: Double, _ samples: Int, _ key: String) throws(SettingsError) -> Int {
            let count = (billions * 1e9 / (tokens * Double(samples))).rounded(.up)
            guard count.isFinite, abs(count) <= 1e12 else {
                throw .value(key: key, value: "\(billions)", allowed: "a length that can be counted")
            }
            return Int(count)
        }
        func part(_ part: FMRunSettings.Part, _ key: String) throws(SettingsError) -> Part {
            guard part.epochs < 0, part.steps < 0 else { return Part(epochs: part.epochs, steps: part.steps) }
            return Part(epochs: part.epochs, steps: try count(part.tokens, batch, key))
        }
        epochs = settings.epochs >= 0 ? settings.epochs : try count(settings.totalTokens, settings.epochSize, "total_tokens")
        warmup = try part(settings.warmup, "warmup_tokens")
        cooldown = try part(settings.cooldown, "cooldown_tokens")
        let frozen = settings.frozen
        frozenEpochs =
            frozen.epochs > 0 ? frozen.epochs : frozen.tokens > 0 ? try count(frozen.tokens, settings.epochSize, "frozen_model_tokens") : 0
    }

    /// Batches of a process.
    package var steps: Int { epochs.multipliedReportingOverflow(by: stepsPerEpoch).partialValue }
}
