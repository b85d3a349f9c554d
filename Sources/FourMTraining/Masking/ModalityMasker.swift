import FourMText

/// What masking needs to know of a text vocabulary.
package struct TextMaskingVocabulary: Sendable {
    package let sentinels: Sentinels
    /// Id of `[EOS]`, which ends each text and is masked like any other token.
    package let endID: Int
    package let paddingID: Int

    package init(sentinels: Sentinels, endID: Int, paddingID: Int) {
        (self.sentinels, self.endID, self.paddingID) = (sentinels, endID, paddingID)
    }
}

/// Masks one modality to given budgets.
///
/// Source: `image_mask`, `sequence_mask`, `sequence_token_mask` and `sequence_emb_mask_span` of `UnifiedMasking` in `fourm/data/masking.py`.
package struct ModalityMasker: Sendable {
    /// What the keep probability is multiplied by after each draw that keeps too much.
    static let decay = 0.9
    /// After a tenth of these the probability is 0 in single precision.
    static let attempts = 10_000

    private let vocabulary: TextMaskingVocabulary
    private let spans: SpanMasking

    package init(_ vocabulary: TextMaskingVocabulary) {
        self.vocabulary = vocabulary
        spans = SpanMasking(vocabulary.sentinels)
    }

    /// - Parameters:
    ///   - targetBudget: nil: all that is not input.
    /// - Throws: ``MaskingError``, and what `random` throws.
    package func mask(
        _ sample: MaskingSample, of modality: ModalityMasking, keep: KeepScheme, inputBudget: Int, targetBudget: Int?,
        _ random: inout some MaskingRandom
    ) throws -> MaskedModality {
        let budgets = Budgets(input: inputBudget, target: targetBudget)
        switch (modality.kind, sample) {
        case (.image, .image): return try image(modality.maxTokens, budgets, &random)
        case (.sequence, .text(let ids)):
            let chunks = (ids + [vocabulary.endID]).prefix(modality.maxTokens).map { [$0] }
            return try sequence(chunks, of: modality, keep, budgets, &random)
        case (.sequence, .chunks(let chunks)):
            return try sequence(whole(chunks + [[vocabulary.endID]], modality.maxTokens), of: modality, keep, budgets, &random)
        case (.sequenceToken, .tokens(let tokens)):
            guard tokens.count <= modality.maxTokens else {
                throw MaskingError.sample(
                    modality: modality.name,
                    "a sample has \(tokens.count) tokens, at most \(modality.maxTokens) are masked; raise max_tokens")
            }
            return try sequence(tokens.map { [$0 + modality.vocabularyOffset] }, of: modality, keep, budgets, &random)
        case (.sequenceEmbedding, .vectors(let count)): return try vectors(count, of: modality, keep, budgets, &random)
        default:
            throw MaskingError.sample(modality: modality.name, "the sample is of another kind than '\(modality.kind.rawValue)'")
        }
    }

    private struct Budgets {
        let input: Int
        let target: Int?
    }

    /// Positions are put into a random order: the first are input, those behind them target.
    private func image(_ positions: Int, _ budgets: Budgets, _ random: inout some MaskingRandom) throws -> MaskedModality {
        let noise = try random.uniforms(positions)
        let order = noise.indices.sorted { (noise[$0], $0) < (noise[$1], $1) }
        var masked = MaskedModality(positions: positions)
        let targets = budgets.input..<budgets.input + (budgets.target ?? max(positions - budgets.input, 0))
        for (position, rank) in order.enumerated() {
            masked.inputMask[position] = rank >= budgets.input
            masked.targetMask[position] = !targets.contains(rank)
        }
        if let first = masked.targetMask.firstIndex(of: false) { masked.decoderAttention[first] = masked.targetCount }
        return masked
    }

    /// The chunks up to the first that makes more than `limit` tokens.
    private func whole(_ chunks: [[Int]], _ limit: Int) -> [[Int]] {
        var count = 0
        return Array(
            chunks.prefix {
                count += $0.count; return count <= limit
            })
    }

    private func sequence(
        _ chunks: [[Int]], of modality: ModalityMasking, _ keep: KeepScheme, _ budgets: Budgets, _ random: inout some MaskingRandom
    ) throws -> MaskedModality {
        let drawn = try drawSpans(chunks, of: modality, keep, budgets.input, &random)
        let target = try budgets.target.map { try spans.cut(drawn.target, to: $0, &random) } ?? drawn.target
        var masked = MaskedModality(positions: 2 * (modality.maxTokens + 1))
        var ids = Array(repeating: vocabulary.paddingID, count: masked.inputMask.count)
        guard budgets.input + target.count <= ids.count else {
            throw MaskingError.sample(modality: modality.name, "\(budgets.input) input and \(target.count) target tokens are too many")
        }
        ids.replaceSubrange(drawn.input.indices, with: drawn.input)
        for place in drawn.input.indices { masked.inputMask[place] = false }
        for (offset, id) in target.enumerated() {
            let place = budgets.input + offset
            ids[place] = id
            masked.targetMask[place] = false
            masked.decoderAttention[place] = 1
        }
        masked.ids = ids
        return masked
    }

    /// Draws until what is kept fits the budget; the keep probability falls with each draw. No budget keeps nothing, not even a sentinel.
    private func drawSpans(
        _ chunks: [[Int]], of modality: ModalityMasking, _ keep: KeepScheme, _ budget: Int, _ random: inout some MaskingRandom
    ) throws -> MaskedSpans {
        guard budget > 0 else {
            let all = try spans.mask(chunks, keepProbability: 0, draws: try random.uniforms(chunks.count))
            return MaskedSpans(input: [], target: all.target)
        }
        var probability = try keep.probability(&random)
        for _ in 0..<ModalityMasker.attempts {
            let drawn = try spans.mask(chunks, keepProbability: probability, draws: try random.uniforms(chunks.count))
            if drawn.input.count <= budget { return drawn }
            probability *= ModalityMasker.decay
        }
        throw MaskingError.endless(modality: modality.name)
    }

    /// Vectors stand in for tokens that no vocabulary has; they are input only.
    private func vectors(
        _ count: Int, of modality: ModalityMasking, _ keep: KeepScheme, _ budgets: Budgets, _ random: inout some MaskingRandom
    ) throws -> MaskedModality {
        // Negative numbers are no sentinels.
        let chunks = (0..<min(count, modality.maxTokens)).map { [-1 - $0] }
        let input = try drawSpans(chunks, of: modality, keep, budgets.input, &random).input
        var masked = MaskedModality(positions: modality.maxTokens)
        var vectors = [Int?](repeating: nil, count: modality.maxTokens)
        for (place, id) in input.prefix(modality.maxTokens).enumerated() {
            masked.inputMask[place] = false
            vectors[place] = id < 0 ? -1 - id : nil
        }
        masked.vectors = vectors
        return masked
    }
}
