import Foundation
import FourMSettings
import FourMText
import FourMTraining

/// Masks of single modalities and budgets against those of the reference, which drew the same numbers.
struct MaskingComparison {
    typealias Part = (name: String, compare: (Parameters, String, inout CaseReport) throws -> Void)

    let vocabulary: TextMaskingVocabulary

    var parts: [Part] {
        [
            ("span", span), ("chunk_span", chunkSpan), ("image", image), ("sequence", sequence), ("chunked_sequence", sequence),
            ("sequence_token", sequence), ("sequence_embedding", embedding), ("budgets", budgets),
        ]
    }

    private func span(_ entry: Parameters, _ place: String, _ report: inout CaseReport) throws {
        try compareSpans(try entry.integers("sequence").map { [$0] }, entry, place, &report)
    }

    private func chunkSpan(_ entry: Parameters, _ place: String, _ report: inout CaseReport) throws {
        guard let chunks = entry["chunks"] as? [[Int]] else { throw ConformanceError("no chunks") }
        try compareSpans(chunks, entry, place, &report)
    }

    private func compareSpans(_ chunks: [[Int]], _ entry: Parameters, _ place: String, _ report: inout CaseReport) throws {
        let draws = try entry.numbers("rand").map { Float($0) }
        let spans = try SpanMasking(vocabulary.sentinels).mask(chunks, keepProbability: try entry.number("keep_prob"), draws: draws)
        report.equal("\(place).input", spans.input, try entry.integers("input"))
        report.equal("\(place).target", spans.target, try entry.integers("target"))
    }

    private func image(_ entry: Parameters, _ place: String, _ report: inout CaseReport) throws {
        let modality = ModalityMasking(
            name: place, kind: .image, maxTokens: try entry.integer("num_tokens"), inputAlphas: [1], targetAlphas: [1])
        var random = GivenRandom(vector: try entry.numbers("noise").map { Float($0) })
        let masked = try mask(.image, modality, .random, entry, &random)
        report.equal("\(place).input_visible", masked.inputMask.visible, try entry.integers("input_visible"))
        report.equal("\(place).target_visible", masked.targetMask.visible, try entry.integers("target_visible"))
        let attention = try entry.section("decoder_attention_mask_nonzero")
        for (position, value) in masked.decoderAttention.enumerated() {
            report.equal("\(place).decoder_attention_mask[\(position)]", value, attention["\(position)"] as? Int ?? 0)
        }
    }

    private func sequence(_ entry: Parameters, _ place: String, _ report: inout CaseReport) throws {
        let (kind, sample) = try sample(entry)
        let modality = ModalityMasking(
            name: place, kind: kind, maxTokens: try entry.integer("max_tokens"), inputAlphas: [1], targetAlphas: [1],
            vocabularyOffset: entry["vocab_offset"] as? Int ?? 0)
        var random = GivenRandom(try entry.section("random"))
        let masked = try mask(sample, modality, try keep(entry), entry, &random)
        report.equal("\(place): unused random numbers", random.rest, 0)
        let ids = masked.ids ?? []
        report.equal("\(place).length", ids.count, try entry.integer("length"))
        let (input, target) = (masked.inputMask.visible, masked.targetMask.visible)
        report.equal("\(place).input_positions", input, try entry.integers("input_positions"))
        report.equal("\(place).target_positions", target, try entry.integers("target_positions"))
        report.equal("\(place).input_ids", input.map { ids[$0] }, try entry.integers("input_ids"))
        report.equal("\(place).target_ids", target.map { ids[$0] }, try entry.integers("target_ids"))
        let used = Set(input + target)
        report.check(ids.indices.allSatisfy { used.contains($0) || ids[$0] == vocabulary.paddingID }, "\(place): padding holds ids")
        let ones = masked.decoderAttention.indices.filter { masked.decoderAttention[$0] != 0 }
        report.equal("\(place).attention_ones", ones, try entry.integers("attention_ones"))
        report.check(ones.allSatisfy { masked.decoderAttention[$0] == 1 }, "\(place): attention other than 0 and 1")
    }

    private func sample(_ entry: Parameters) throws -> (ModalityKind, MaskingSample) {
        if let chunks = entry["chunk_ids"] as? [[Int]] { return (.sequence, .chunks(chunks)) }
        if entry["sequence"] != nil { return (.sequenceToken, .tokens(try entry.integers("sequence"))) }
        return (.sequence, .text(try entry.integers("token_ids")))
    }

    private func embedding(_ entry: Parameters, _ place: String, _ report: inout CaseReport) throws {
        guard let vectors = entry["embeddings"] as? [[Double]], let expected = entry["tensor"] as? [[Double]] else {
            throw ConformanceError("no embeddings or tensor")
        }
        let modality = ModalityMasking(
            name: place, kind: .sequenceEmbedding, maxTokens: try entry.integer("max_tokens"), inputAlphas: [1], targetAlphas: [1])
        var random = GivenRandom(try entry.section("random"))
        let masked = try mask(.vectors(vectors.count), modality, try keep(entry), entry, &random)
        report.equal("\(place): unused random numbers", random.rest, 0)
        let zeros = Array(repeating: 0.0, count: vectors.first?.count ?? 0)
        report.equal("\(place).tensor", (masked.vectors ?? []).map { $0.map { vectors[$0] } ?? zeros }, expected)
        report.equal("\(place).input_positions", masked.inputMask.visible, try entry.integers("input_positions"))
        report.equal("\(place).target_positions", masked.targetMask.visible, try entry.integers("target_positions"))
    }

    private func mask(
        _ sample: MaskingSample, _ modality: ModalityMasking, _ keep: KeepScheme, _ entry: Parameters, _ random: inout GivenRandom
    ) throws -> MaskedModality {
        try ModalityMasker(vocabulary).mask(
            sample, of: modality, keep: keep, inputBudget: try entry.integer("input_budget"), targetBudget: entry["target_budget"] as? Int,
            &random)
    }

    private func keep(_ entry: Parameters) throws -> KeepScheme {
        let name = try entry.text("keep")
        guard let scheme = KeepScheme(rawValue: name) else { throw ConformanceError("keep scheme '\(name)' is not known") }
        return scheme
    }

    private func budgets(_ entry: Parameters, _ place: String, _ report: inout CaseReport) throws {
        let (least, most) = (try entry.integers("min_tokens"), try entry.integers("max_tokens"))
        let modalities = try entry.texts("types").enumerated().map { index, type in
            guard let kind = ModalityKind(rawValue: type), least.indices.contains(index), most.indices.contains(index) else {
                throw ConformanceError("type '\(type)' is not known, or has no token counts")
            }
            return ModalityMasking(
                name: "\(index)", kind: kind, minTokens: least[index], maxTokens: most[index], inputAlphas: [1], targetAlphas: [1])
        }
        let budgets = TokenBudgets(modalities)
        var random = GivenRandom(shares: attempts(entry, "input"))
        let input = try budgets.input(try entry.integer("num_input_tokens"), component: 0, &random)
        report.equal("\(place).input_budget", input, try entry.integers("input_budget"))
        report.equal("\(place): unused input draws", random.rest, 0)
        random = GivenRandom(shares: attempts(entry, "target"))
        let target = try budgets.target(try entry.integer("num_target_tokens"), input: input, component: 0, &random)
        report.equal("\(place).target_budget", target, try entry.integers("target_budget"))
        report.equal("\(place): unused target draws", random.rest, 0)
    }

    /// Draws in the order of use: of each attempt its shares, then those of the tokens left over.
    private func attempts(_ entry: Parameters, _ side: String) -> [[Float]] {
        let draws = GivenRandom.floats(entry["\(side)_draws"])
        let remainders = entry["\(side)_remainder_draws"] as? [Any] ?? []
        return draws.enumerated().flatMap { index, draw in
            [draw] + (remainders.indices.contains(index) ? GivenRandom.floats(remainders[index]) : [])
        }
    }
}

extension [Bool] {
    /// Positions that a mask leaves open.
    var visible: [Int] { indices.filter { !self[$0] } }
}

extension Parameters {
    func integers(_ key: String) throws -> [Int] {
        guard let values = self[key] as? [NSNumber] else { throw ConformanceError("the case has no list '\(key)'") }
        return values.map(\.intValue)
    }
}

extension CaseReport {
    /// Records a comparison of values that must be equal.
    mutating func equal<Value: Equatable>(_ name: String, _ found: Value, _ expected: Value) {
        check(found == expected, "\(name): \(found), expected \(expected)")
    }
}
