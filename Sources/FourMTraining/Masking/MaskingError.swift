/// What cannot be masked, or settings that cannot be meant; names the modality where there is one.
package enum MaskingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// More masked spans than the vocabulary has sentinels for.
    case tooFewSentinels(needed: Int)
    case settings(String)
    /// A sample that does not fit its modality.
    case sample(modality: String, String)
    /// No draw fits the budget, which cannot be with random numbers of [0, 1).
    case endless(modality: String)

    /// Whether a sample is at fault, and not what was asked for.
    package var isSample: Bool {
        switch self {
        case .sample, .tooFewSentinels: true
        case .settings, .endless: false
        }
    }

    package var description: String {
        switch self {
        case .tooFewSentinels(let needed):
            "the text has so many masked spans that sentinel [S_\(needed)] is needed, which the vocabulary lacks; train it with more sentinels"
        case .settings(let problem): "masking: \(problem)"
        case .sample(let modality, let problem): "\(modality): \(problem)"
        case .endless(let modality): "\(modality): no mask fits the input budget; the random numbers are not uniform"
        }
    }
}
