/// What a filter keeps: all values above the threshold and the first `ties` values equal to it.
struct FilterBorder: Equatable {
    var threshold: Float
    var ties: Int

    static let all = FilterBorder(threshold: -.infinity, ties: .max)

    var keepsAll: Bool { self == .all }
}

/// A histogram of a row's distances to its maximum, with which a border is found without sorting the row.
struct LogitBuckets: Sendable {
    /// Bucket widths of 1/32 cover 32 units of logit; everything farther off shares the last bucket.
    private static let count = 1024
    private static let perUnit: Float = 32

    private var counts = [Int](repeating: 0, count: Self.count)
    private var masses = [Double](repeating: 0, count: Self.count)
    private var members: [(value: Float, weight: Float)] = []
    private var maximum: Float = 0

    /// Counts a row; with `weights`, e^(logit - maximum) of each value, also their sums.
    mutating func fill(
        _ logits: UnsafeBufferPointer<Float>, weights: UnsafeBufferPointer<Float>?, maximum: Float
    ) {
        self.maximum = maximum
        for index in 0..<Self.count {
            counts[index] = 0
            masses[index] = 0
        }
        for index in 0..<logits.count {
            let bucket = bucket(of: logits[index])
            counts[bucket] &+= 1
            if let weights { masses[bucket] += Double(weights[index]) }
        }
    }

    /// The border that keeps the `limit` largest values and those tied with the last of them; 1 <= limit <= row length.
    mutating func borderOfCount(_ limit: Int, _ logits: UnsafeBufferPointer<Float>) -> FilterBorder {
        var above = 0
        for bucket in 0..<Self.count {
            if above + counts[bucket] >= limit {
                collect(bucket, logits, weights: nil, least: -.infinity)
                return FilterBorder(threshold: members[limit - above - 1].value, ties: .max)
            }
            above += counts[bucket]
        }
        return .all
    }

    /// The border that keeps values, largest first, as long as the mass of those before is at most `share` of the mass
    /// inside `outer`.
    mutating func borderOfMass(
        _ share: Double, _ logits: UnsafeBufferPointer<Float>, weights: UnsafeBufferPointer<Float>,
        within outer: FilterBorder
    ) -> FilterBorder {
        let last = bucket(of: outer.threshold)
        collect(last, logits, weights: weights, least: outer.threshold)
        masses[last] = members.reduce(0) { $0 + Double($1.weight) }
        let total = masses[...last].reduce(0, +)
        let wanted = share * total
        var sum = 0.0
        for bucket in 0...last {
            if sum + masses[bucket] > wanted {
                collect(bucket, logits, weights: weights, least: outer.threshold)
                return border(members, before: sum, wanted: wanted)
            }
            sum += masses[bucket]
        }
        return outer
    }

    private func border(
        _ members: [(value: Float, weight: Float)], before: Double, wanted: Double
    ) -> FilterBorder {
        var sum = before
        var border = FilterBorder(threshold: .infinity, ties: 0)
        for member in members where sum <= wanted {
            let isTie = member.value == border.threshold
            border = FilterBorder(threshold: member.value, ties: isTie ? border.ties + 1 : 1)
            sum += Double(member.weight)
        }
        return border
    }

    private func bucket(of value: Float) -> Int {
        let distance = (maximum - value) * Self.perUnit
        return distance < Float(Self.count - 1) ? Int(distance) : Self.count - 1
    }

    /// The values of a bucket that reach `least`, largest first.
    private mutating func collect(
        _ wanted: Int, _ logits: UnsafeBufferPointer<Float>, weights: UnsafeBufferPointer<Float>?, least: Float
    ) {
        members.removeAll(keepingCapacity: true)
        for index in 0..<logits.count where logits[index] >= least && bucket(of: logits[index]) == wanted {
            members.append((logits[index], weights?[index] ?? 0))
        }
        members.sort { $0.value > $1.value }
    }
}
