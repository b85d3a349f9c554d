import FourMText

/// A text whose masked spans are replaced by sentinels, and what was there.
package struct MaskedSpans: Sendable, Equatable {
    /// Kept tokens, with one sentinel for each run of masked ones.
    package var input: [Int]
    /// Each sentinel with the tokens that it stands for, and one more sentinel that ends the text.
    package var target: [Int]
}

/// Span masking of texts. The sentinel `[S_0]` is never used.
///
/// Source: `simple_span_masking` and `chunk_span_masking` in `fourm/data/masking.py`.
package struct SpanMasking: Sendable {
    private let sentinels: Sentinels

    package init(_ sentinels: Sentinels) { self.sentinels = sentinels }

    /// Whether `id` is a sentinel.
    func isSentinel(_ id: Int) -> Bool { sentinels.contains(id) }

    /// Masks the chunks whose number is above `keepProbability`.
    /// - Parameters:
    ///   - chunks: token ids that are masked together: one each, or those of a word or an object.
    ///   - draws: a number in [0, 1) for each chunk.
    /// - Throws: ``MaskingError/tooFewSentinels(needed:)``.
    package func mask(_ chunks: [[Int]], keepProbability: Double, draws: [Float]) throws(MaskingError) -> MaskedSpans {
        var spans = MaskedSpans(input: [], target: [])
        var (count, isWithinSpan) = (0, false)
        // Single precision, as in the reference, decides ties.
        let limit = Float(keepProbability)
        for (chunk, draw) in zip(chunks, draws) {
            guard !(draw <= limit) else {
                isWithinSpan = false
                spans.input += chunk
                continue
            }
            if !isWithinSpan {
                count += 1
                let sentinel = try sentinel(count)
                spans.input.append(sentinel)
                spans.target.append(sentinel)
            }
            isWithinSpan = true
            spans.target += chunk
        }
        spans.target.append(try sentinel(count + 1))
        return spans
    }

    private func sentinel(_ number: Int) throws(MaskingError) -> Int {
        guard let id = sentinels.idOfNumber[number] else { throw .tooFewSentinels(needed: number) }
        return id
    }

    /// Cuts a target to `budget` tokens: from a sentinel on that is drawn (never the last, which ends the text), if so many follow; else from
    /// the earliest on from which the rest fits.
    func cut(_ target: [Int], to budget: Int, _ random: inout some MaskingRandom) throws -> [Int] {
        guard target.count > budget else { return target }
        let places = target.indices.filter { isSentinel(target[$0]) }
        let place = places[try random.index(below: max(1, places.count - 1))]
        if target.count - place >= budget { return Array(target[place..<place + budget]) }
        guard let first = places.first(where: { target.count - $0 <= budget }) else { return target }
        return Array(target[first...])
    }
}
