import IR

/// Draws tokens from rows of logits with buffers that are kept from row to row.
///
/// One pass sorts the values into buckets by their distance to the maximum; only the bucket in which the filter's
/// border falls is sorted. A row of V logits therefore costs O(V). Not shared: each thread keeps its own.
package struct RowSampler: Sendable {
    package let filter: SamplingFilter

    /// e^(logit - maximum) or e^((logit - maximum) / temperature), by pass.
    private var weights: [Float] = []
    private var kept: [Int32] = []
    private var keptLogits: [Float] = []
    private var buckets = LogitBuckets()

    package init(filter: SamplingFilter) {
        self.filter = filter
    }

    /// Draws one token.
    /// - Parameter uniform: a number in [0, 1): tokens are laid side by side in the order of their indices, each as
    ///   wide as its probability, and the one that covers this point is drawn.
    /// - Throws: `SamplingError.noLogits`, `.logitsNotFinite`.
    package mutating func sample(
        _ logits: UnsafeBufferPointer<Float>, uniform: Double
    ) throws(SamplingError) -> SampledToken {
        let maximum = try Self.maximum(logits)
        reserve(logits.count)
        if filter.isGreedy { return greedy(logits, maximum: maximum) }
        let border = border(logits, maximum: maximum)
        if border.keepsAll {
            let total = fillWeights(logits, maximum: maximum, factor: Self.factor(filter.temperature))
            return draw(from: logits.count, total: total, uniform: uniform)
        }
        let total = keep(logits, maximum: maximum, border: border)
        var drawn = draw(from: kept.count, total: total, uniform: uniform)
        drawn.token = kept[Int(drawn.token)]
        return drawn
    }

    /// Draws one token from a row.
    package mutating func sample(_ logits: [Float], uniform: Double) throws(SamplingError) -> SampledToken {
        try logits.withUnsafeBufferPointer { (row) throws(SamplingError) in try sample(row, uniform: uniform) }
    }

    /// Draws one token from each row of a row-major matrix; row r uses the random number at index `firstIndex + r`.
    /// - Throws: `SamplingError.shape`, and what `sample` throws.
    package mutating func sample(
        logits: UnsafeBufferPointer<Float>, rows: Int, vocabulary: Int, random: CounterRandom, firstIndex: UInt64 = 0,
        into results: UnsafeMutableBufferPointer<SampledToken>
    ) throws(SamplingError) {
        let (size, overflow) = rows.multipliedReportingOverflow(by: vocabulary)
        guard rows >= 0, vocabulary >= 0, !overflow, size <= logits.count, rows <= results.count else {
            throw .shape(rows: rows, vocabulary: vocabulary, logits: logits.count, results: results.count)
        }
        for row in 0..<rows {
            let values = UnsafeBufferPointer(rebasing: logits[row * vocabulary..<(row + 1) * vocabulary])
            results[row] = try sample(values, uniform: random.uniform(at: firstIndex &+ UInt64(row)))
        }
    }

    /// Filtered probabilities of one row.
    /// - Throws: `SamplingError.noLogits`, `.logitsNotFinite`.
    package mutating func probabilities(_ logits: [Float]) throws(SamplingError) -> [Float] {
        try logits.withUnsafeBufferPointer { (row) throws(SamplingError) in
            let maximum = try Self.maximum(row)
            reserve(row.count)
            var result = [Float](repeating: 0, count: row.count)
            if filter.isGreedy {
                result[Int(greedy(row, maximum: maximum).token)] = 1
                return result
            }
            let border = border(row, maximum: maximum)
            if border.keepsAll {
                let total = fillWeights(row, maximum: maximum, factor: Self.factor(filter.temperature))
                for index in result.indices {
                    result[index] = Float(Double(weights[index]) / total)
                }
                return result
            }
            let total = keep(row, maximum: maximum, border: border)
            for (index, token) in kept.enumerated() { result[Int(token)] = Float(Double(weights[index]) / total) }
            return result
        }
    }

    /// 1 / temperature, held above 0 so that minus infinity stays what it is.
    private static func factor(_ temperature: Double) -> Float {
        max(Float(1 / temperature), .leastNormalMagnitude)
    }

    private static func maximum(_ logits: UnsafeBufferPointer<Float>) throws(SamplingError) -> Float {
        guard logits.count > 0, logits.count <= Int(Int32.max) else { throw .noLogits }
        var maximum = -Float.infinity
        var isNumber = true
        for value in logits {
            maximum = value > maximum ? value : maximum
            isNumber = isNumber && value == value
        }
        guard isNumber, maximum.isFinite else { throw .logitsNotFinite }
        return maximum
    }

    private mutating func reserve(_ count: Int) {
        if weights.count < count { weights = [Float](repeating: 0, count: count) }
    }

    private mutating func greedy(_ logits: UnsafeBufferPointer<Float>, maximum: Float) -> SampledToken {
        let total = fillWeights(logits, maximum: maximum, factor: 1)
        let token = logits.firstIndex(of: maximum) ?? 0
        return SampledToken(token: Int32(token), probability: Float(1 / total))
    }

    private mutating func fillWeights(
        _ logits: UnsafeBufferPointer<Float>, maximum: Float, factor: Float
    ) -> Double {
        weights.withUnsafeMutableBufferPointer {
            VectorExp.weights(of: logits, shift: maximum, factor: factor, into: $0)
        }
    }

    private mutating func border(_ logits: UnsafeBufferPointer<Float>, maximum: Float) -> FilterBorder {
        let limit = filter.topK.limit(vocabulary: logits.count)
        let usesMass = filter.topP > 0 && filter.topP < 1
        guard limit != nil || usesMass else { return .all }
        if usesMass { _ = fillWeights(logits, maximum: maximum, factor: 1) }
        let current = weights
        return current.withUnsafeBufferPointer { weights in
            buckets.fill(logits, weights: usesMass ? weights : nil, maximum: maximum)
            var border = limit.map { buckets.borderOfCount($0, logits) } ?? .all
            if usesMass { border = buckets.borderOfMass(filter.topP, logits, weights: weights, within: border) }
            return border
        }
    }

    /// Collects the tokens inside the border and their weights at the temperature. Returns the weights' sum.
    private mutating func keep(
        _ logits: UnsafeBufferPointer<Float>, maximum: Float, border: FilterBorder
    ) -> Double {
        kept.removeAll(keepingCapacity: true)
        var ties = border.ties
        for (index, value) in logits.enumerated() where value >= border.threshold {
            if value == border.threshold {
                guard ties > 0 else { continue }
                ties -= 1
            }
            kept.append(Int32(index))
        }
        keptLogits.removeAll(keepingCapacity: true)
        for token in kept { keptLogits.append(logits[Int(token)]) }
        let factor = Self.factor(filter.temperature)
        let values = keptLogits
        return values.withUnsafeBufferPointer { fillWeights($0, maximum: maximum, factor: factor) }
    }

    /// The position, among the first `count` weights, that covers `uniform * total`.
    private func draw(from count: Int, total: Double, uniform: Double) -> SampledToken {
        let target = uniform * total
        var sum = 0.0
        var chosen = 0
        for index in 0..<count where weights[index] > 0 {
            chosen = index
            sum += Double(weights[index])
            if sum > target { break }
        }
        return SampledToken(token: Int32(chosen), probability: Float(Double(weights[chosen]) / total))
    }
}
