import IR

/// How fast a training goes, and how long what is left takes.
struct TrainingPace {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    /// Of the last few batches, the slowness of the first ones apart.
    private var recent: [(time: ContinuousClock.Instant, amount: Int)] = []

    private static let window = 50

    init() {
        start = clock.now
        recent = [(start, 0)]
    }

    /// Seconds since the run began.
    var elapsed: Double { (clock.now - start).seconds }

    /// Notes that a batch of `amount` tokens or samples is done.
    mutating func add(_ amount: Int) {
        recent.append((clock.now, amount))
        // The first batch also lays out memory; it does not count once there are others.
        if recent.count > TrainingPace.window || recent.count == 3 && recent[0].time == start { recent.removeFirst() }
    }

    /// Seconds of a batch; nil before the first.
    var secondsPerBatch: Double? {
        guard let first = recent.first, let last = recent.last, recent.count > 1 else { return nil }
        return (last.time - first.time).seconds / Double(recent.count - 1)
    }

    /// Tokens or samples a second.
    var rate: Double {
        guard let first = recent.first, let last = recent.last, recent.count > 1 else { return 0 }
        let seconds = (last.time - first.time).seconds
        return seconds > 0 ? Double(recent.dropFirst().reduce(0) { $0 + $1.amount }) / seconds : 0
    }

    /// `850 ms`, `4.2 s`, `3:07 min`, `1:02 h`, `3 d 4 h`.
    static func text(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
        if seconds < 1 { return "\(Int((seconds * 1000).rounded())) ms" }
        let whole = Int(seconds.rounded())
        func pair(_ large: Int, _ small: Int) -> String { "\(large):" + (small < 10 ? "0" : "") + "\(small)" }
        switch whole {
        case ..<60: return "\((seconds * 10).rounded() / 10) s"
        case ..<3600: return pair(whole / 60, whole % 60) + " min"
        case ..<(48 * 3600): return pair(whole / 3600, whole / 60 % 60) + " h"
        default: return "\(whole / 86400) d \(whole / 3600 % 24) h"
        }
    }
}
