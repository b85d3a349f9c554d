import Foundation

extension PageData {
    /// A constant that functions read, and what its numbers are like.
    package struct Weight: Encodable, Sendable {
        package let statistics: WeightStatistics
        /// As it is written in IR: `f32[3072, 768]`.
        package let type: String

        private enum CodingKeys: String, CodingKey {
            case key, type, bytes, count, sampled, low, high, mean, rms, deviation, percentiles, sparse, zeros, nans, infinities, outliers
            case int8, histogram
        }

        /// What does not apply is null.
        package func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(statistics.key, forKey: .key)
            try fields.encode(type, forKey: .type)
            try fields.encode(statistics.bytes, forKey: .bytes)
            try fields.encode(statistics.count, forKey: .count)
            try fields.encode(statistics.isSampled, forKey: .sampled)
            try fields.encode(PageData.short(statistics.low), forKey: .low)
            try fields.encode(PageData.short(statistics.high), forKey: .high)
            try fields.encode(PageData.short(statistics.mean), forKey: .mean)
            try fields.encode(PageData.short(statistics.rootMeanSquare), forKey: .rms)
            try fields.encode(PageData.short(statistics.deviation), forKey: .deviation)
            let percentiles = statistics.percentiles?.list.map { PageData.short($0.value) ?? 0 }
            try fields.encode(percentiles, forKey: .percentiles)
            try fields.encode(PageData.short(statistics.sparsity?.share), forKey: .sparse)
            try fields.encode(statistics.zeros, forKey: .zeros)
            try fields.encode(statistics.nans, forKey: .nans)
            try fields.encode(statistics.infinities, forKey: .infinities)
            try fields.encode(statistics.outliers, forKey: .outliers)
            try fields.encode(PageData.short(statistics.int8), forKey: .int8)
            try fields.encode(statistics.histogram, forKey: .histogram)
        }
    }

    /// `value` with five significant digits; nil for what is no finite number.
    static func short(_ value: Double?) -> Double? {
        guard let value, value.isFinite else { return nil }
        if value == 0 || abs(value) < 1e-300 { return 0 }
        if value == value.rounded(), abs(value) < 1e5 { return value }
        return Double(String(format: "%.5g", value))
    }
}
