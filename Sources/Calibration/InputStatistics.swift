import IR

/// What the inputs of a layer were like.
struct InputStatistics {
    private(set) var histogram = InputHistogram()
    /// Rows of the inputs of a dense layer, spread over what was seen, one after the other.
    private(set) var rows: [Float] = []
    /// Largest magnitude, and sum of magnitudes, of each input.
    private(set) var most: [Float] = [], sums: [Double] = []

    /// Rows that are kept of one call.
    private let rowsOfCall: Int
    /// Rows that are kept.
    private static let mostRows = 256

    /// - Parameter calls: that may come.
    init(calls: Int) { rowsOfCall = max(InputStatistics.mostRows / max(calls, 1), 1) }

    /// Adds what one call gave.
    /// - Parameter depth: inputs of a dense layer; nil for a convolution.
    mutating func add(_ x: Tensor, depth: Int?) {
        guard x.dtype == .f32, x.count > 0 else { return }
        x.bytes.buffer.withMemoryRebound(to: Float.self) { values in
            histogram.add(values)
            guard let depth, depth > 0 else { return }
            if most.isEmpty { (most, sums) = ([Float](repeating: 0, count: depth), [Double](repeating: 0, count: depth)) }
            guard most.count == depth else { return }
            let count = values.count / depth
            for row in 0..<count {
                for input in 0..<depth {
                    let magnitude = abs(values[row * depth + input])
                    guard magnitude.isFinite else { continue }
                    most[input] = max(most[input], magnitude)
                    sums[input] += Double(magnitude)
                }
            }
            let room = min(InputStatistics.mostRows - rows.count / depth, rowsOfCall, count)
            guard room > 0 else { return }
            for pick in 0..<room {
                let row = pick * count / room
                let own = values[row * depth..<(row + 1) * depth]
                if own.allSatisfy(\.isFinite) { rows += own }
            }
        }
    }
}

/// How often values of each size came, in bins of one width around 0; the width doubles as larger ones come.
struct InputHistogram {
    private(set) var low: Float = 0, high: Float = 0
    /// Values that are 0, which no range makes worse; they are in no bin.
    private(set) var zeros = 0.0
    /// Values within ``reach``: bin i holds those from (i - half) · width on.
    private(set) var counts = [Double](repeating: 0, count: 2 * half)
    private(set) var width: Float = 0

    static let half = 2048

    var count: Double { zeros + counts.reduce(0, +) }

    /// Middle of a bin.
    func middle(_ bin: Int) -> Float { (Float(bin - InputHistogram.half) + 0.5) * width }

    /// Numbers that are not finite are left out.
    mutating func add(_ values: UnsafeBufferPointer<Float>) {
        var (least, most, nothing): (Float, Float, Int) = (low, high, 0)
        for value in values where value.isFinite {
            (least, most) = (min(least, value), max(most, value))
            if value == 0 { nothing += 1 }
        }
        (low, high) = (least, most)
        zeros += Double(nothing)
        let reach = max(-least, most)
        guard reach > 0 else { return }
        if width == 0 { width = max(reach / Float(InputHistogram.half) * 1.0001, .leastNormalMagnitude) }
        while width * Float(InputHistogram.half) <= reach, width.isFinite { merge() }
        let inverse = 1 / width
        for value in values where value.isFinite && value != 0 {
            let bin = Int((value * inverse).rounded(.down)) + InputHistogram.half
            counts[min(max(bin, 0), counts.count - 1)] += 1
        }
    }

    /// Twice as wide bins.
    private mutating func merge() {
        let (old, half) = (counts, InputHistogram.half)
        counts = [Double](repeating: 0, count: 2 * half)
        for (bin, count) in old.enumerated() { counts[((bin - half) >> 1) + half] += count }
        width *= 2
    }
}
