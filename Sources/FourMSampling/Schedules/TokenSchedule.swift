import Foundation

/// How many tokens each decoding step of an image-like target fixes.
///
/// Source: `fourm/utils/generation.py` (MaskGIT, arXiv 2202.04200, section 3.3, for the cosine).
package enum TokenSchedule: String, Codable, Hashable, Sendable, CaseIterable {
    /// Step i leaves the share cos-shaped `0.5 (1 + cos(pi i / steps))` of the tokens undecided.
    case cosine
    /// As equal as whole numbers allow, larger counts first; steps without tokens are dropped.
    case linear

    /// Reads the name used in configuration files.
    /// - Throws: `ScheduleError.unknownName`.
    package init(name: String) throws(ScheduleError) {
        guard let schedule = TokenSchedule(rawValue: name) else {
            throw .unknownName(what: "token schedule", name: name, allowed: Self.allCases.map(\.rawValue))
        }
        self = schedule
    }

    /// Token counts per step, the same numbers as the reference gives.
    ///
    /// The cosine counts are rounded half to even and the last takes the remainder, so that with many steps counts
    /// can be zero and the last can be negative: `executable(_:total:)` makes such a list fit for decoding.
    /// The linear list may be shorter than `steps`.
    /// - Throws: `ScheduleError.stepCount`, `.tokenCount`.
    package func counts(steps: Int, tokens: Int) throws(ScheduleError) -> [Int] {
        guard steps >= 1, steps <= Self.largestCount else { throw .stepCount(target: nil, steps: steps) }
        guard tokens >= 0, tokens <= Self.largestCount else { throw .tokenCount(target: nil, tokens: tokens) }
        switch self {
        case .cosine: return Self.cosineCounts(steps: steps, tokens: tokens)
        case .linear: return Self.linearCounts(steps: steps, tokens: tokens)
        }
    }

    /// What is left of a schedule when `done` tokens are already decoded: finished steps go, the running one shrinks.
    package static func continuing(_ counts: [Int], after done: Int) -> [Int] {
        var sum = 0
        var rest: [Int] = []
        for count in counts {
            sum += count
            guard sum > done else { continue }
            rest.append(rest.isEmpty ? sum - done : count)
        }
        return rest
    }

    /// The counts that can be carried out: never more than remain of `total`, none negative, empty steps dropped.
    /// The result adds up to `total` whenever the given counts do.
    package static func executable(_ counts: [Int], total: Int) -> [Int] {
        var remaining = total
        return counts.compactMap { count in
            let taken = min(count, remaining)
            guard taken > 0 else { return nil }
            remaining -= taken
            return taken
        }
    }

    /// Guards the arithmetic and the memory against absurd requests; far above any model's token count.
    static let largestCount = 1 << 24

    private static func cosineCounts(steps: Int, tokens: Int) -> [Int] {
        let left = (0..<steps).map { 0.5 * (1 + cos(Double.pi * Double($0) / Double(steps))) }
        var counts = zip(left, left.dropFirst()).map {
            Int((Double(tokens) * ($0 - $1)).rounded(.toNearestOrEven))
        }
        counts.append(tokens - counts.reduce(0, +))
        return counts
    }

    private static func linearCounts(steps: Int, tokens: Int) -> [Int] {
        let width = Double(tokens) / Double(steps)
        let edges = (0...steps).map { $0 == steps ? tokens : Int((Double($0) * width).rounded(.down)) }
        return zip(edges.dropFirst(), edges).map { $0 - $1 }.filter { $0 != 0 }.sorted(by: >)
    }
}
