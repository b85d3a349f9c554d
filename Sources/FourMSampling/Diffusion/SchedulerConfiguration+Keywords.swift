import Foundation

extension SchedulerConfiguration {
    /// Reads the reference's keyword arguments (JSON or YAML values) over the presets of a kind.
    /// - Throws: `SchedulerError.unknownParameter`, `.unsupported` for values of another type or range.
    package init(kind: SchedulerKind, keywords: [String: Any]) throws(SchedulerError) {
        self.init(kind: kind)
        for (key, value) in keywords.sorted(by: { $0.key < $1.key }) where !(value is NSNull) {
            try set(key, value, kind: kind)
        }
    }

    private mutating func set(_ key: String, _ value: Any, kind: SchedulerKind) throws(SchedulerError) {
        let reader = KeywordReader(kind: kind, key: key, value: value)
        switch key {
        case "num_train_timesteps": trainingSteps = try reader.integer()
        case "beta_start": betaStart = try reader.number()
        case "beta_end": betaEnd = try reader.number()
        case "beta_schedule": betaSchedule = try BetaSchedule(name: reader.text(), kind: kind)
        case "trained_betas": trainedBetas = try reader.numbers()
        case "prediction_type": prediction = try reader.choice()
        case "zero_terminal_snr": zeroTerminalSNR = try reader.flag()
        case "thresholding": thresholding = try reader.flag()
        case "dynamic_thresholding_ratio": thresholdingRatio = try reader.number()
        case "sample_max_value": sampleMaxValue = try reader.number()
        case "clip_sample": clipSample = try reader.flag()
        case "clip_sample_range": clipSampleRange = try reader.number()
        case "set_alpha_to_one": setAlphaToOne = try reader.flag()
        case "steps_offset": stepsOffset = try reader.integer()
        case "variance_type": variance = try reader.choice()
        case "skip_prk_steps": skipPRKSteps = try reader.flag()
        case "timestep_spacing": timestepSpacing = try reader.choice() as TimestepMode
        case "eta": eta = try reader.number()
        case "use_clipped_model_output": useClippedModelOutput = try reader.flag()
        default: throw .unknownParameter(scheduler: kind, parameter: key)
        }
    }
}

/// Reads one keyword value of a type.
private struct KeywordReader {
    var kind: SchedulerKind
    var key: String
    var value: Any

    func integer() throws(SchedulerError) -> Int {
        guard let number = value as? Int else { throw wrong("a whole number") }
        return number
    }

    func number() throws(SchedulerError) -> Double {
        if let number = value as? Double, number.isFinite { return number }
        if let number = value as? Int { return Double(number) }
        throw wrong("a finite number")
    }

    func numbers() throws(SchedulerError) -> [Double] {
        guard let list = value as? [Any] else { throw wrong("a list of numbers") }
        var numbers: [Double] = []
        for element in list { numbers.append(try KeywordReader(kind: kind, key: key, value: element).number()) }
        return numbers
    }

    func flag() throws(SchedulerError) -> Bool {
        guard let flag = value as? Bool else { throw wrong("true or false") }
        return flag
    }

    func text() throws(SchedulerError) -> String {
        guard let text = value as? String else { throw wrong("a name") }
        return text
    }

    func choice<Choice: RawRepresentable & CaseIterable>() throws(SchedulerError) -> Choice
    where Choice.RawValue == String {
        guard let choice = Choice(rawValue: try text()) else {
            throw wrong("one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    private func wrong(_ allowed: String) -> SchedulerError {
        .unsupported(scheduler: kind, parameter: key, value: "\(value)", allowed: allowed)
    }
}
