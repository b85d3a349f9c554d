import FourMSampling
import FourMSettings
import FourMText
import IR
import Testing

@testable import FourMTraining

@Suite("Masking of samples")
struct MaskingTests {
    private static let vocabulary = TextMaskingVocabulary(
        sentinels: Sentinels(idOfNumber: [0: 4, 1: 5, 2: 6, 3: 7]), endID: 3, paddingID: 0)

    private func masking(weights: [Double]? = nil, targets: ClosedRange<Int>? = 4...8) throws -> UnifiedMasking {
        try UnifiedMasking(
            [
                ModalityMasking(name: "rgb@224", kind: .image, maxTokens: 16, inputAlphas: [1, 0], targetAlphas: [0, 0]),
                ModalityMasking(name: "tok_depth@224", kind: .image, maxTokens: 16, inputAlphas: [1, 1], targetAlphas: [1, 1]),
                ModalityMasking(
                    name: "caption", kind: .sequence, maxTokens: 4, inputAlphas: [1, 1], targetAlphas: [1, 1], keep: [.random, .all]),
            ], inputTokens: 4...12, targetTokens: targets, weights: weights, vocabulary: Self.vocabulary)
    }

    private let sample: [MaskingSample] = [.image, .image, .text([10, 11, 12])]

    @Test func runsOfMaskedTokensGetASentinelEach() throws {
        let spans = try SpanMasking(Self.vocabulary.sentinels).mask(
            [[10], [11], [12, 13], [14]], keepProbability: 0.5, draws: [0.5, 0.6, 0.7, 0.1])
        #expect(spans == MaskedSpans(input: [10, 5, 14], target: [5, 11, 12, 13, 6]))
    }

    @Test func sentinelsMustSuffice() throws {
        #expect(throws: MaskingError.tooFewSentinels(needed: 4)) {
            try SpanMasking(Self.vocabulary.sentinels).mask([[10], [11], [12], [13], [14]], keepProbability: 0, draws: [1, 0, 1, 0, 1])
        }
    }

    /// The same sample has the same masks whatever else is masked, and others differ.
    @Test func masksDependOnTheSampleAlone() throws {
        let masking = try masking()
        let stream = CounterRandom(seed: 7)
        let all = try (0..<20).map { try masking.mask(sample, stream.substream(UInt64($0))).modalities }
        let again = try (0..<20).reversed().map { try masking.mask(sample, stream.substream(UInt64($0))).modalities }
        #expect(again == all.reversed())
        #expect(Set(all.map { "\($0)" }).count == 20)
    }

    @Test func weightsChooseTheComponent() throws {
        let first = try masking(weights: [1, 0])
        let both = try masking(weights: [1, 3])
        let stream = CounterRandom(seed: 8)
        let results = try (0..<400).map {
            try (first.mask(sample, stream.substream(UInt64($0))), both.mask(sample, stream.substream(UInt64($0))))
        }
        #expect(results.allSatisfy { $0.0.component == 0 })
        let share = Double(results.count { $0.1.component == 1 }) / 400
        #expect(abs(share - 0.75) < 0.1)
        // In the second component RGB is no input.
        #expect(results.allSatisfy { $0.1.component == 0 || $0.1.inputBudgets[0] == 0 })
        #expect(results.contains { $0.1.inputBudgets[0] > 0 })
    }

    @Test func withoutTargetsAllElseIsTarget() throws {
        let masked = try masking(targets: nil).mask(sample, CounterRandom(seed: 9))
        #expect(masked.targetBudgets == nil)
        for image in masked.modalities.prefix(2) { #expect(zip(image.inputMask, image.targetMask).allSatisfy { $0 != $1 }) }
        #expect(masked.modalities[2].targetCount > 0)
    }

    @Test func budgetsStayWithinTheirLimits() throws {
        let masking = try masking()
        for draw in 0..<200 {
            let result = try masking.mask(sample, CounterRandom(seed: 10).substream(UInt64(draw)))
            let target = try #require(result.targetBudgets)
            #expect(result.inputBudgets.reduce(0, +) <= 12 && target.reduce(0, +) <= 8 && target[0] == 0)
            #expect(result.inputBudgets[1] + target[1] <= 16 && result.inputBudgets[2] <= 4)
        }
    }

    @Test func settingsThatCannotBeAreRefused() {
        func refused(_ modality: ModalityMasking, weights: [Double]? = nil) -> Bool {
            (try? UnifiedMasking([modality], inputTokens: 1...2, targetTokens: nil, weights: weights, vocabulary: Self.vocabulary)) == nil
        }
        func image(_ input: [Double] = [1], _ target: [Double] = [1], least: Int = 0, keep: [KeepScheme]? = nil) -> ModalityMasking {
            ModalityMasking(name: "a", kind: .image, minTokens: least, maxTokens: 4, inputAlphas: input, targetAlphas: target, keep: keep)
        }
        #expect(!refused(image()))
        #expect(refused(image([])))
        #expect(refused(image([1], [1, 2])))
        #expect(refused(image([-1])))
        #expect(refused(image([.nan])))
        #expect(refused(image([.infinity])))
        #expect(refused(image(least: 5)))
        #expect(refused(image(keep: [.all, .all])))
        #expect(refused(image(), weights: [1, 1]))
        #expect(refused(image(), weights: [0]))
        #expect(refused(image(), weights: [.nan]))
    }

    @Test func samplesMustFitTheirModalities() throws {
        let masking = try masking()
        #expect(throws: MaskingError.self) { try masking.mask([.image], CounterRandom(seed: 1)) }
        #expect(throws: MaskingError.self) { try masking.mask([.image, .image, .image], CounterRandom(seed: 1)) }
        let tokens = ModalityMasking(name: "t", kind: .sequenceToken, maxTokens: 2, inputAlphas: [1], targetAlphas: [1])
        var random = CounterMaskingRandom(CounterRandom(seed: 1))
        #expect(throws: MaskingError.self) {
            try ModalityMasker(Self.vocabulary).mask(
                .tokens([1, 2, 3]), of: tokens, keep: .all, inputBudget: 1, targetBudget: 1, &random)
        }
    }
}
