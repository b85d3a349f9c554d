/// How long recent runs took and how many calls they answered, weighted towards the newest.
struct ServiceTimes {
    private var seconds: Double?
    private var calls = 1.0
    /// Weight of the newest run.
    private static let weight = 0.1
    /// Bounds of an estimate.
    private static let range = 0.01...60.0

    mutating func add(_ time: Duration, calls count: Int) {
        let taken = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        seconds = seconds.map { $0 + ServiceTimes.weight * (taken - $0) } ?? taken
        calls += ServiceTimes.weight * (Double(count) - calls)
    }

    /// When about half of `waiting` calls are gone, with so many sessions at work.
    func estimate(waiting: Int, sessions: Int) -> Duration {
        let runs = Double(waiting) / 2 / max(calls, 1) / Double(max(sessions, 1))
        let estimate = max(runs, 1) * (seconds ?? 0.1)
        return .seconds(min(max(estimate, ServiceTimes.range.lowerBound), ServiceTimes.range.upperBound))
    }
}
