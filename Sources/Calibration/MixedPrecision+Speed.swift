import IR
import Passes
import Runtime

extension MixedPrecision {
    /// Raises layers that rounding does not make faster on this machine: those keep what accuracy they have for nothing.
    ///
    /// With a `speedup`, as many more as leave the calls that many times as fast as in f32: those that do most harm for the time that they save.
    /// - Throws: ``CalibrationError`` if rounding all that gets faster does not suffice.
    package func search(speedup wanted: Double? = nil) throws -> Result {
        let layers = try wanted == nil ? rounded() : candidates()
        let times = try LayerTimes(self)
        func saved(_ layer: Candidate) -> Double { times.saved(layer.node) }
        var chosen = layers.filter { saved($0) <= 0 }
        var rest = layers.filter { saved($0) > 0 }.sorted { ($0.damage / saved($0), $1.node) > ($1.damage / saved($1), $0.node) }
        var left = times.whole - rest.reduce(0) { $0 + saved($1) }
        func reached() -> Double { left > 0 ? times.whole / left : 1 }
        if let wanted {
            guard reached() >= wanted else {
                throw CalibrationError(
                    "the calls cannot be \(wanted) times as fast as in f32 here: with all layers that get faster in \(policy.precision.rawValue) they are \(hundredths(reached())) times as fast"
                )
            }
            // Sums of times are rounded.
            while let layer = rest.first, times.whole * (1 + 1e-9) >= wanted * (left + saved(layer)) {
                left += saved(layer)
                chosen.append(rest.removeFirst())
            }
        }
        var made = result(chosen, of: layers, try error(raising: chosen[...]))
        made.speedup = reached()
        return made
    }

    private func hundredths(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}

/// How long each layer takes in f32 and as a policy rounds it, over calls.
private struct LayerTimes {
    /// Seconds of all steps of all calls in f32.
    private(set) var whole = 0.0
    private var plain: [String: Double] = [:]
    private var rounded: [String: Double] = [:]

    /// Rounds of which each layer's fastest counts; before them comes one that plans.
    private static let rounds = 7
    /// Least share of a layer's time that counts as faster: less is noise.
    private static let least = 0.03

    init(_ search: MixedPrecision) throws {
        for (function, own) in Dictionary(grouping: search.references, by: \.call.function).sorted(by: { $0.key < $1.key }) {
            let sessions = try [PrecisionPolicy.f32, search.policy].map { try search.session($0, [function]) }
            // Calls that are like each other are timed once.
            let alike = Dictionary(grouping: own.map(\.call), by: LayerTimes.sizes)
            for calls in alike.values {
                guard let call = calls.first else { continue }
                let share = Double(calls.count) * Double(search.callCounts[function] ?? own.count) / Double(own.count)
                try add(call, sessions, share)
            }
        }
    }

    private static func sizes(_ call: CallRecorder.Call) -> [String: [Int]] { call.inputs.mapValues(\.shape) }

    /// Adds what one call takes, `share` times.
    private mutating func add(_ call: CallRecorder.Call, _ sessions: [Session], _ share: Double) throws {
        var best: [[String: Double]] = [[:], [:]]
        for round in 0...LayerTimes.rounds {
            for (index, session) in sessions.enumerated() {
                let took = try LayerTimes.run(call, session)
                if round > 0 { best[index].merge(took) { min($0, $1) } }
            }
        }
        whole += share * best[0].values.reduce(0, +)
        plain.merge(best[0].mapValues { $0 * share }, uniquingKeysWith: +)
        rounded.merge(best[1].mapValues { $0 * share }, uniquingKeysWith: +)
    }

    /// Seconds of each node of one run.
    private static func run(_ call: CallRecorder.Call, _ session: Session) throws -> [String: Double] {
        var took: [String: Double] = [:]
        session.observer = { _, place, _, nanoseconds in took[name(place), default: 0] += Double(nanoseconds) / 1e9 }
        defer { session.observer = nil }
        _ = try session.run(call.function, call.inputs)
        return took
    }

    /// Of a node that is told of as `operator 'name'`: which operator it is depends on how it is rounded.
    private static func name(_ place: String) -> String {
        guard let first = place.firstIndex(of: "'"), let last = place.lastIndex(of: "'"), first < last else { return place }
        return String(place[place.index(after: first)..<last])
    }

    /// Seconds that rounding saves of a layer; 0 or less where it does not pay.
    func saved(_ node: String) -> Double {
        guard let before = plain[node], let after = rounded[node] else { return 0 }
        return before - after >= before * LayerTimes.least ? before - after : min(before - after, 0)
    }
}
