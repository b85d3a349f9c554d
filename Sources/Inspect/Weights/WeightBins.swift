/// Numbers in equal intervals, those far from 0, how far all lie from their mean, and their order.
struct WeightBins: Sendable {
    private(set) var counts = [Int](repeating: 0, count: WeightStatistics.bins)
    private(set) var outliers = 0
    /// Sum of the squares of what numbers differ from the mean by.
    private(set) var spread = 0.0
    private(set) var order: WeightOrder
    private let low, limit, factor: Float
    private let mean: Double

    /// - Parameter count: numbers that are added at most.
    init(low: Float, high: Float, mean: Double, limit: Float, count: Int) {
        (self.low, self.limit, self.mean, order) = (low, limit, mean, WeightOrder(count: count))
        // Halves, as the difference itself may be beyond the largest number.
        let width = high / 2 - low / 2
        factor = width > 0 ? Float(WeightStatistics.bins) / 2 / width : 0
    }

    mutating func add(_ row: UnsafeBufferPointer<Float>) {
        let last = Float(WeightStatistics.bins - 1)
        var (far, spread) = (0, 0.0)
        counts.withUnsafeMutableBufferPointer { counts in
            for value in row where value.isFinite {
                let place = min(max((value - low) * factor, 0), last)
                counts[place.isFinite ? Int(place) : 0] += 1
                if abs(value) > limit { far += 1 }
                let distance = Double(value) - mean
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
