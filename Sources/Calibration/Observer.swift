import Foundation
import Passes

/// Which range 256 levels are to reach over, of what a layer was given. What lies beyond it becomes its end.
package enum Observer: String, Sendable, CaseIterable {
    /// All of it.
    case minMax = "min-max"
    /// All but a ten-thousandth at each end.
    case percentile
    /// The share of it at which rounding and cutting together make the smallest squared error.
    case mse
    /// The share of it at which the distribution of levels tells most about that of the values (Kullback and Leibler).
    case entropy

    private static let tail = 1e-4
    /// Shares of the largest magnitude that are tried; an end that is nearer stays.
    private static let shares = (0..<40).map { 1 - Float($0) * 0.02 }

    func range(of histogram: InputHistogram) -> PrecisionPolicy.InputRange {
        let whole = PrecisionPolicy.InputRange(histogram.low, histogram.high)
        switch self {
        case .minMax: return whole
        case .percentile: return Observer.within(histogram, whole)
        case .mse: return Observer.best(whole) { Observer.squaredError(histogram, $0) }
        case .entropy: return Observer.best(whole) { Observer.divergence(histogram, $0) }
        }
    }

    private static func within(_ histogram: InputHistogram, _ whole: PrecisionPolicy.InputRange) -> PrecisionPolicy.InputRange {
        let most = histogram.count * tail
        // The first bin with which more than a tail is counted; 0 lies between those of the two signs.
        func end(_ bins: some Sequence<Int>) -> Float {
            var sum = 0.0
            for bin in bins {
                sum += histogram.counts[bin]
                if sum > most { return histogram.middle(bin) }
            }
            return 0
        }
        let (low, high) = (end(0..<InputHistogram.half), end((InputHistogram.half..<histogram.counts.count).reversed()))
        return PrecisionPolicy.InputRange(max(low, whole.low), min(high, whole.high))
    }

    private static func best(
        _ whole: PrecisionPolicy.InputRange, _ error: (PrecisionPolicy.InputRange) -> Double
    ) -> PrecisionPolicy.InputRange {
        let most = max(-whole.low, whole.high)
        let ranges = shares.map { PrecisionPolicy.InputRange(max(whole.low, -most * $0), min(whole.high, most * $0)) }
        return ranges.min { error($0) < error($1) } ?? whole
    }

    private static func squaredError(_ histogram: InputHistogram, _ range: PrecisionPolicy.InputRange) -> Double {
        let scale = range.scale
        var sum = 0.0
        for (bin, count) in histogram.counts.enumerated() where count > 0 {
            let value = histogram.middle(bin)
            let level = min(max((value / scale).rounded() + Float(range.zero), 0), 255)
            let difference = Double(value - (level - Float(range.zero)) * scale)
            // A bin that is wider than a level holds values all over it.
            sum += count * max(difference * difference, Double(histogram.width * histogram.width) / 12)
        }
        return sum
    }

    /// Of what the levels say about the values from the values, those beyond the range being at its ends.
    private static func divergence(_ histogram: InputHistogram, _ range: PrecisionPolicy.InputRange) -> Double {
        let scale = range.scale
        func level(_ bin: Int) -> Int { Int(min(max((histogram.middle(bin) / scale).rounded() + Float(range.zero), 0), 255)) }
        var (inside, all, bins) = ([Double](repeating: 0, count: 256), histogram.counts, [Int](repeating: 0, count: 256))
        var (below, above) = (0.0, 0.0)
        var (first, last) = (Int.max, Int.min)
        for (bin, count) in histogram.counts.enumerated() {
            let value = histogram.middle(bin)
            if value < range.low - histogram.width { below += count; all[bin] = 0; continue }
            if value > range.high + histogram.width { above += count; all[bin] = 0; continue }
            (first, last) = (min(first, bin), max(last, bin))
            inside[level(bin)] += count
            if count > 0 { bins[level(bin)] += 1 }
        }
        guard first <= last else { return .infinity }
        all[first] += below
        all[last] += above
        let (total, kept) = (all.reduce(0, +), inside.reduce(0, +))
        guard total > 0, kept > 0 else { return .infinity }
        var sum = 0.0
        for bin in first...last where all[bin] > 0 {
            // A level's share is spread over the bins that it stands for.
            let own = inside[level(bin)] / Double(max(bins[level(bin)], 1)) / kept
            sum += all[bin] / total * log(all[bin] / total / max(own, 1e-9 / kept))
        }
        return sum
    }
}
