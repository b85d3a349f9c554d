/// How the probability with which a token of a text is kept is drawn.
package enum KeepScheme: String, Sendable, Hashable, CaseIterable {
    /// Uniform in [0, 1). (Comments in the reference say cosine; its code does this.)
    case random
    /// Everything, as far as the budget allows.
    case all
    /// Everything or nothing, each half of the time.
    case binary

    func probability(_ random: inout some MaskingRandom) throws -> Double {
        switch self {
        case .random: try random.keepProbability()
        case .all: 1
        case .binary: try random.keepsAll() ? 1 : 0
        }
    }
}
