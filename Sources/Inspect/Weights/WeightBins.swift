/// Numbers in equal intervals, those far from 0, how far all lie from their mean, and their order.
struct WeightBins<Number: WeightNumber>: Sendable {
    private(set) var counts = [Int](repeating: 0, count: WeightStatistics.bins)
    private(set) var outliers = 0
    /// Sum of the squares of what numbers, times ``shrinking``, differ from the mean by.
    private var spread = 0.0
    private(set) var order: WeightOrder<Number>
    private let low, limit, factor: Number
    private let mean: Double
    /// A power of 2 with which squares stay in range.
    private let shrinking: Double

    /// - Parameters:
    ///   - low, high: of the numbers that are added.
    ///   - limit: beyond which numbers are outliers.
    ///   - count: numbers that are added at most.
    init(low: Number, high: Number, mean: Double, limit: Number, count: Int) {
        (self.low, self.limit) = (low, limit)
        order = WeightOrder(count: count, low: low, high: high)
        // Halves, as the difference itself may be beyond the largest number.
        let width = high / 2 - low / 2
        factor = width > 0 ? Number(WeightStatistics.bins) / 2 / width : 0
        let peak = max(Double(high).magnitude, Double(low).magnitude)
        let power = peak > 0 ? Int(peak.exponent) : 0
        shrinking = abs(power) < 400 ? 1 : Double(sign: .plus, exponent: -min(max(power, -1000), 1000), significand: 1)
        self.mean = mean * shrinking
    }

    /// Standard deviation from the mean, of so many numbers.
    func deviation(of count: Int) -> Double {
        min((spread / Double(count)).squareRoot() / shrinking, .greatestFiniteMagnitude)
    }

    mutating func add(_ row: UnsafeBufferPointer<Number>) {
        let last = Number(WeightStatistics.bins - 1)
        var (far, spread) = (0, 0.0)
        let (low, factor, limit, shrinking, mean) = (low, factor, limit, shrinking, mean)
        counts.withUnsafeMutableBufferPointer { counts in
            for value in row where value.isFinite {
                let place = min(max((value - low) * factor, 0), last)
                counts[place.isFinite ? Int(place) : 0] += 1
                if abs(value) > limit { far += 1 }
                let distance = Double(value) * shrinking - mean
                spread += distance * distance
            }
        }
        outliers += far
        self.spread += spread
        order.add(row)
    }

    mutating func join(_ other: WeightBins) {
        for bin in counts.indices { counts[bin] += other.counts[bin] }
        outliers += other.outliers
        spread += other.spread
        order.join(other.order)
    }
}
