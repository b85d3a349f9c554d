/// How long equal runs took, in milliseconds.
package struct Timing: Equatable, Sendable {
    package let runs: Int
    package let min, median, mean: Double
    /// Standard deviation of the runs about their mean, with n - 1; 0 for a single run.
    package let sd: Double
    package let p90, p99: Double

    /// - Parameter times: of each run.
    package init(_ times: [Double]) {
        let sorted = times.sorted()
        runs = sorted.count
        min = sorted.first ?? 0
        median = Timing.percentile(0.5, of: sorted)
        p90 = Timing.percentile(0.9, of: sorted)
        p99 = Timing.percentile(0.99, of: sorted)
        let mean = sorted.reduce(0, +) / Double(Swift.max(sorted.count, 1))
        let squares = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        (self.mean, sd) = (mean, sorted.count > 1 ? (squares / Double(sorted.count - 1)).squareRoot() : 0)
    }

    /// As NumPy's default: linear between the two nearest ranks.
    private static func percentile(_ share: Double, of sorted: [Double]) -> Double {
        guard let last = sorted.indices.last else { return 0 }
        let rank = share * Double(last)
        let low = Int(rank)
        let high = Swift.min(low + 1, last)
        return sorted[low] + (sorted[high] - sorted[low]) * (rank - Double(low))
    }
}
