import Foundation
import IR
import TestSupport
import Testing

@testable import FourMModels
@testable import FourMSampling
@testable import FourMSettings
@testable import FourMText

/// A small random 4M model of the golden data; its five register tokens make these tests cover them too.
func registerModel() throws -> FourMModel {
    try FourMModel(ModelLoader.plan(SharedData.path("goldens/fm/fm7_registers")))
}

private let clip = "tok_clip@224"
private let semseg = "tok_semseg@224"

@Suite(needsShared) struct PartialTargetTests {
    private func steps(_ scheme: DecodingScheme, _ counts: [Int], temperature: Double = 1, guidance: GuidanceScale = 1) -> ChainedSchedule {
        ChainedSchedule(
            steps: counts.map {
                GenerationStep(
                    target: semseg, scheme: scheme, numTokens: $0, temperature: temperature, cfgScale: guidance,
                    cfgConditionDomains: [clip, semseg])
            })
    }

    /// Row r has its first 20 (r + 1) positions given, as token 7.
    private func given(rows: [Int]) -> ModalitySet {
        var set = ModalitySet()
        set[clip] = .given(tokens: rows.map { row in (0..<196).map { ($0 * 3 + row) % 64 } })
        let open = rows.map { row in (0..<196).map { $0 >= 20 * (row + 1) } }
        set[semseg] = .partlyGiven(tokens: open.map { $0.map { $0 ? 0 : 7 } }, open: open)
        return set
    }

    private func options(_ rows: [Int]) -> Sampler.Options {
        var options = Sampler.Options()
        options.seed = 8
        options.rows = rows.map { SampleKey(sample: $0) }
        return options
    }

    @Test(arguments: [DecodingScheme.maskgit, .roar], [GuidanceScale.single(1), 2.5])
    func givenPositionsStayAndTheOthersAreDecodedOnce(scheme: DecodingScheme, guidance: GuidanceScale) throws {
        let sampler = Sampler(try registerModel(), options: options([0, 1, 2]))
        var seen = [[Int]](repeating: [], count: 3)
        var sizes: [[Int]] = []
        sampler.onStep = { step in
            for row in 0..<3 { seen[row] += step.positions[row] }
            sizes.append(step.positions.map(\.count))
        }
        let result = try sampler.generate(given(rows: [0, 1, 2]), schedule: steps(scheme, [30, 50, 116], guidance: guidance))
        let tokens = try #require(result[semseg]?.tokens)
        for row in 0..<3 {
            let known = 20 * (row + 1)
            #expect(seen[row].sorted() == Array(known..<196))
            #expect(tokens[row].prefix(known).allSatisfy { $0 == 7 })
        }
        // 20, 40 and 60 given tokens stand for as many that the first steps would have decoded.
        #expect(sizes == [[10, 0, 0], [50, 40, 20], [116, 116, 116]])
        #expect(result[semseg]?.hasOpenPositions == false)
    }

    @Test(arguments: [DecodingScheme.maskgit, .roar])
    func rowsWithDifferentNumbersOfTargetsAreWhatTheyAreAlone(scheme: DecodingScheme) throws {
        let model = try registerModel()
        let schedule = steps(scheme, [60, 136], guidance: 2)
        let together = try Sampler(model, options: options([0, 1, 2])).generate(given(rows: [0, 1, 2]), schedule: schedule)
        for row in 0..<3 {
            let alone = try Sampler(model, options: options([row])).generate(given(rows: [row]), schedule: schedule)
            #expect(alone[semseg]?.tokens[0] == together[semseg]?.tokens[row])
        }
    }

    @Test func registerTokensTakePartInEveryScheme() throws {
        let model = try registerModel()
        #expect(model.registerTokens?.shape[1] == 5)
        var set = ModalitySet()
        set[clip] = .given(tokens: [(0..<196).map { $0 % 64 }])
        set[semseg] = .emptyImage(batch: 1, tokens: 196)
        set["det"] = .emptySequence(batch: 1, tokens: 6, firstSentinel: 5)
        let text = GenerationStep(
            target: "det", scheme: .autoregressive, numTokens: nil, temperature: 0, cfgScale: 2, cfgConditionDomains: [clip])
        for scheme in [DecodingScheme.maskgit, .roar] {
            var first: Tensor?
            let sampler = Sampler(model)
            sampler.onStep = { if $0.step == 0 { first = $0.logits } }
            var schedule = steps(scheme, [96, 100], temperature: 0, guidance: 2)
            schedule.steps.append(text)
            let result = try sampler.generate(set, schedule: schedule)
            #expect(result[semseg]?.hasOpenPositions == false && (result["det"]?.length ?? 0) > 0)
            // The same branches by hand, their encoder sequences five tokens longer than what is visible.
            #expect(try model.encode(set).tokens.shape[1] == 5 + 196 + 1)
            let all = Array(0..<196)
            let positions = scheme == .maskgit ? all : Sampler.Options().order(all, first: 96, row: 0, target: semseg, step: 0)
            let branches = Branches(guided: set, step: schedule.steps[0], firstSentinel: 5, model)
            let expected = branches.combine(try branches.sets.map { try model.logits(semseg, positions: [positions], model.encode($0)) })
            let error = zip(first?.floats ?? [], expected.floats).map { abs($0 - $1) }.max() ?? .infinity
            #expect(first?.shape == expected.shape && error < 1e-4, "\(error)")
        }
    }

    @Test func oneConditionOfWeightOneIsThatConditionAlone() throws {
        let model = try registerModel()
        var condition = given(rows: [1])
        condition[semseg] = nil
        var base = ModalitySet()
        base[semseg] = .emptyImage(batch: 1, tokens: 196)
        var plain = condition
        plain[semseg] = base[semseg]
        let schedule = steps(.roar, [4, 192], temperature: 0, guidance: [1])
        let guided = try Sampler(model).generateMultiGuided(base, conditions: [condition], schedule: schedule)
        let alone = try Sampler(model).generate(plain, schedule: steps(.roar, [4, 192], temperature: 0))
        let same = zip(guided[semseg]?.tokens[0] ?? [], alone[semseg]?.tokens[0] ?? []).filter { $0 == $1 }.count
        #expect(same >= 190, "\(same) of 196")
        let away = try Sampler(model).generateMultiGuided(
            base, conditions: [condition], schedule: steps(.roar, [4, 192], temperature: 0, guidance: [-2]))
        #expect(away[semseg]?.tokens[0] != guided[semseg]?.tokens[0])
        let wrong = #expect(throws: FourMError.self) {
            try Sampler(model).generateMultiGuided(base, conditions: [condition, condition], schedule: schedule)
        }
        #expect(wrong?.description.contains("1 guidance weights for 2 conditions") == true)
    }

    @Test func textsWithDifferentPlacesAndNoneEndEachInTheirOwnWay() throws {
        let sampler = Sampler(try registerModel(), options: options([0, 1, 2]))
        var set = ModalitySet()
        set[clip] = .given(tokens: (0..<3).map { row in (0..<196).map { ($0 + row) % 64 } })
        // Row 0 has six places, row 1 three and its own end token, row 2 is given whole.
        set["det"] = ModalityBatch(
            .tokens([[5, 5, 0, 0, 0, 0, 6], [5, 5, 0, 9, 0, 0, 0], [20, 21, 0, 0, 0, 0, 0]]),
            inputMask: [1, 1, 2].map { count in (0..<7).map { $0 >= count } },
            targetMask: [1..<7, 1..<4, 0..<0].map { open in (0..<7).map { !open.contains($0) } })
        let step = GenerationStep(
            target: "det", scheme: .autoregressive, numTokens: nil, temperature: 1, cfgScale: 1, cfgConditionDomains: [])
        var longest = [0, 0, 0]
        sampler.onToken = { text in longest = text.tokens.map(\.count) }
        let result = try sampler.generate(set, schedule: ChainedSchedule(steps: [step]))
        let batch = try #require(result["det"])
        let rows = zip(batch.tokens, batch.inputMask).map { ids, mask in ids.indices.filter { !mask[$0] }.map { ids[$0] } }
        #expect(rows[2] == [20, 21])
        #expect(longest[0] <= 7 && longest[1] <= 4 && longest[2] == 0)
        #expect(rows[0].count <= 6 && rows[1].count <= 3)
    }

    @Test func passesAreIndependentAndJoined() throws {
        let model = try registerModel()
        var set = ModalitySet()
        set[clip] = .given(tokens: (0..<2).map { row in (0..<196).map { ($0 + row) % 64 } })
        set["det"] = .emptySequence(batch: 2, tokens: 8, firstSentinel: 5)
        let step = GenerationStep(
            target: "det", scheme: .autoregressive, numTokens: nil, temperature: 1, cfgScale: 1, cfgConditionDomains: [])
        let schedule = ChainedSchedule(steps: [step])
        func visible(_ set: ModalitySet, _ row: Int) -> [Int] {
            guard let batch = set["det"] else { return [] }
            return batch.tokens[row].indices.filter { !batch.inputMask[row][$0] }.map { batch.tokens[row][$0] }
        }
        let joined = try Sampler(model, options: options([0, 1]))
            .generatePasses(set, schedule: schedule, target: "det", passes: 3, batchSize: 4)
        for row in 0..<2 {
            var expected: [Int] = []
            for pass in 0..<3 {
                var options = options([])
                options.rows = [SampleKey(sample: row, pass: pass)]
                expected += visible(try Sampler(model, options: options).generate(set.rows([row]), schedule: schedule), 0)
            }
            #expect(visible(joined, row) == expected)
        }
        #expect(visible(joined, 0) != visible(joined, 1))
        #expect(throws: FourMError.self) { try Sampler(model).generatePasses(set, schedule: schedule, target: "caption", passes: 2) }
    }

    @Test func gapsOfATextAreTargets() throws {
        let sentinels = Sentinels(idOfNumber: [1: 5, 2: 6, 3: 7])
        let text = ModalityBatch.given(tokens: [[30, 5, 31, 6, 3]])
        let made = try #require(try text.fillingIn("caption", tokens: 4, sentinels: sentinels, paddingID: 0))
        #expect(made.tokens == [[30, 5, 31, 6, 3, 5, 0, 0, 7]])
        #expect(made.inputMask[0] == [false, false, false, false, false, true, true, true, true])
        #expect(made.targetMask[0] == made.inputMask[0].map { !$0 })
        #expect(try ModalityBatch.given(tokens: [[30, 3]]).fillingIn("caption", tokens: 4, sentinels: sentinels, paddingID: 0) == nil)
        for wrong in [[[30, 6, 3]], [[30, 5, 3], [30, 31, 3]], [[5, 5, 3]]] {
            #expect(throws: FourMError.self) {
                try ModalityBatch.given(tokens: wrong).fillingIn("caption", tokens: 4, sentinels: sentinels, paddingID: 0)
            }
        }
    }
}
