/// What to decode for one target modality, and how: one column of a chained generation.
package struct TargetPlan: Codable, Hashable, Sendable {
    /// Name of the target modality, e.g. `tok_depth@224`.
    package var target: String
    /// Tokens to decode; for sequences the longest length.
    package var tokens: Int
    package var scheme: DecodingScheme
    /// Decoding steps; nil for the autoregressive scheme.
    package var steps: Int?
    /// Used by MaskGIT only: ROAR always decodes in equal parts, whatever stands here.
    package var tokenSchedule: TokenSchedule?
    package var temperature: Double
    package var temperatureSchedule: TemperatureSchedule
    package var guidance: GuidanceScale
    package var guidanceSchedule: GuidanceSchedule

    package init(
        target: String, tokens: Int, scheme: DecodingScheme, steps: Int? = nil, tokenSchedule: TokenSchedule? = nil,
        temperature: Double = 1, temperatureSchedule: TemperatureSchedule = .constant, guidance: GuidanceScale = 1,
        guidanceSchedule: GuidanceSchedule = .constant
    ) {
        self.target = target
        self.tokens = tokens
        self.scheme = scheme
        self.steps = steps
        self.tokenSchedule = tokenSchedule
        self.temperature = temperature
        self.temperatureSchedule = temperatureSchedule
        self.guidance = guidance
        self.guidanceSchedule = guidanceSchedule
    }

    /// Token counts of the steps: nil for the autoregressive scheme, which runs until its end token.
    /// - Throws: `ScheduleError.missing`, `.stepCount`, `.tokenCount`.
    package func counts() throws(ScheduleError) -> [Int]? {
        guard scheme != .autoregressive else { return nil }
        guard let steps else { throw .missing(what: "a number of decoding steps", target: target) }
        let schedule: TokenSchedule
        switch (scheme, tokenSchedule) {
        case (.roar, _): schedule = .linear
        case (_, let given?): schedule = given
        case (_, nil): throw .missing(what: "a token schedule (cosine or linear)", target: target)
        }
        do {
            return try schedule.counts(steps: steps, tokens: tokens)
        } catch {
            throw error.naming(target)
        }
    }
}

extension ScheduleError {
    /// The same error with the target it concerns.
    func naming(_ target: String) -> ScheduleError {
        switch self {
        case .stepCount(nil, let steps): .stepCount(target: target, steps: steps)
        case .tokenCount(nil, let tokens): .tokenCount(target: target, tokens: tokens)
        default: self
        }
    }
}
