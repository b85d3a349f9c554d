import CoreMetrics
import Synchronization

/// A counter, gauge or histogram.
final class Instrument: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    enum Kind: String { case counter, gauge, histogram }

    struct Dimension: Hashable {
        let name: String
        let value: String
    }

    struct Key: Hashable {
        let label: String
        let dimensions: [Dimension]
    }

    private struct State {
        var value = 0.0
        var count = 0
        /// Values up to each bound.
        var buckets = [Int](repeating: 0, count: Instrument.bounds.count)
    }

    /// Upper bounds of a histogram: seconds, from a quarter of a millisecond.
    static let bounds = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

    let kind: Kind
    private let state = Mutex(State())

    init(_ kind: Kind) { self.kind = kind }

    func increment(by amount: Int64) { state.withLock { $0.value += Double(amount) } }

    func increment(by amount: Double) { state.withLock { $0.value += amount } }

    func decrement(by amount: Double) { state.withLock { $0.value -= amount } }

    func reset() { state.withLock { $0 = State() } }

    func set(_ value: Int64) { set(Double(value)) }

    func set(_ value: Double) { state.withLock { $0.value = value } }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        if kind == .gauge { return set(value) }
        state.withLock { state in
            state.value += value
            state.count += 1
            if let place = Instrument.bounds.firstIndex(where: { value <= $0 }) { state.buckets[place] += 1 }
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    /// Lines of the text form.
    func text(_ name: String, _ dimensions: [Dimension]) -> String {
        let state = state.withLock { $0 }
        let labels = PrometheusText.labels(dimensions)
        guard kind == .histogram else { return "\(name)\(labels) \(state.value)\n" }
        var (text, seen) = ("", 0)
        for (bound, count) in zip(Instrument.bounds, state.buckets) {
            seen += count
            text += "\(name)_bucket\(PrometheusText.labels(dimensions, "le=\"\(bound)\"")) \(seen)\n"
        }
        text += "\(name)_bucket\(PrometheusText.labels(dimensions, "le=\"+Inf\"")) \(state.count)\n"
        return text + "\(name)_sum\(labels) \(state.value)\n\(name)_count\(labels) \(state.count)\n"
    }
}
