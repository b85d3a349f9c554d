import Testing

@testable import FourMModels
@testable import FourMSampling

/// What whole generations draw, against probabilities computed apart from the sampler.
@Suite(needsShared) struct DrawThroughModelTests {
    private let clip = "tok_clip@224"
    private let semseg = "tok_semseg@224"
    private let rows = 500

    /// The same four given tokens in every row.
    private func set(rows: Int) -> ModalitySet {
        var set = ModalitySet()
        let open = (0..<rows).map { _ in (0..<196).map { $0 >= 4 } }
        set[clip] = .partlyGiven(tokens: open.map { $0.map { $0 ? 0 : 9 } }, open: open)
        return set
    }

    private func options() -> Sampler.Options {
        var options = Sampler.Options()
        (options.seed, options.topK) = (31, .count(9))
        return options
    }

    private func fit(_ tokens: [Int], _ logits: [Float], temperature: Double) throws -> ChiSquare {
        var counts = [Int](repeating: 0, count: logits.count)
        for token in tokens { counts[token] += 1 }
        let probabilities = try SamplingFilter(temperature: temperature, topK: .count(9)).probabilities(logits)
        return ChiSquare(counts: counts, expected: probabilities.map { Double($0) * Double(tokens.count) })
    }

    @Test(arguments: [DecodingScheme.maskgit, .roar]) func oneOpenPosition(scheme: DecodingScheme) throws {
        let model = try registerModel()
        var set = set(rows: rows)
        let open = (0..<rows).map { _ in (0..<196).map { $0 == 100 } }
        set[semseg] = .partlyGiven(tokens: open.map { $0.map { _ in 3 } }, open: open)
        set[semseg]?.inputMask = ModalityBatch.rows(rows, 196, true)
        let step = GenerationStep(target: semseg, scheme: scheme, numTokens: 1, temperature: 0.4, cfgScale: 1, cfgConditionDomains: [])
        let result = try Sampler(model, options: options()).generate(set, schedule: ChainedSchedule(steps: [step]))
        let logits = try model.logits(semseg, positions: [[100]], model.encode(set.rows([0]))).floats
        let tokens = try #require(result[semseg]).tokens.map { $0[100] }
        #expect(try fit(tokens, logits, temperature: 0.4).isPlausible)
        #expect(try !fit(tokens, logits, temperature: 0.8).isPlausible)
    }

    @Test func firstTokenOfAText() throws {
        let model = try registerModel()
        var set = set(rows: rows)
        set["det"] = .emptySequence(batch: rows, tokens: 2, firstSentinel: 5)
        set["det"]?.targetMask = ModalityBatch.rows(rows, 2, false)
        set["det"]?.tokens = (0..<rows).map { _ in [5, 611] }
        set["det"]?.inputMask = ModalityBatch.rows(rows, 2, true)
        let step = GenerationStep(
            target: "det", scheme: .autoregressive, numTokens: nil, temperature: 0.1, cfgScale: 1, cfgConditionDomains: [])
        var first: [Int] = []
        let sampler = Sampler(model, options: options())
        sampler.onToken = { if first.isEmpty { first = $0.tokens.map { $0[1] } } }
        _ = try sampler.generate(set, schedule: ChainedSchedule(steps: [step]))
        let state = try model.encode(set.rows([0]))
        let y = try model.embedded("det", ids: [[5]], positions: [[0]]).y
        let logits = try model.logits("det", try model.decode(y, state)).floats
        #expect(first.count == rows)
        #expect(try fit(first, logits, temperature: 0.1).isPlausible)
        #expect(try !fit(first, logits, temperature: 0.3).isPlausible)
    }
}
