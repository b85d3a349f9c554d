import Testing

@testable import FourMText

@Suite("Span merging")
struct SpanMergingTests {
    private let sentinels = Sentinels(idOfNumber: [0: 10, 1: 11, 2: 12])

    @Test func sentinelsComeFromTokenNames() {
        let names = ["[S_0]", "[S_1]", "[S_x]", "[S_", "[S_]", nil, "[S_12]", "S_3]", "[S_99999999999999999999]"]
        #expect(Sentinels(tokens: names).idOfNumber == [0: 0, 1: 1, 12: 6])
    }

    @Test func sentinelsAreReplacedBySpans() {
        #expect(
            mergeSpans(input: [1, 11, 2, 12], decoded: [12, 7, 11, 5, 6], sentinels: sentinels) == [1, 5, 6, 2, 7])
        #expect(mergeSpans(input: [1, 11], decoded: [8, 9, 12, 7], sentinels: sentinels) == [1])
        #expect(mergeSpans(input: [11, 11], decoded: [11, 5, 12, 11, 6], sentinels: sentinels) == [5, 6, 5, 6])
    }

    @Test func emptyPromptsStandForTheFirstSentinel() {
        #expect(mergeGenerated(prompt: [], generated: [11, 5, 6, 12, 7], sentinels: sentinels) == [5, 6])
        #expect(mergeGenerated(prompt: [1], generated: [11, 5], sentinels: sentinels) == [1])
        #expect(mergeGenerated(prompt: [], generated: [11, 5], sentinels: Sentinels(idOfNumber: [:])) == [])
    }

    /// Here 3 is the end token.
    @Test func endsInGapsLeaveWhatIsKnown() {
        let generated = [11, 5, 3, 6, 12, 7, 3, 3]
        #expect(mergeGenerated(prompt: [1, 11, 2, 12, 4, 3], generated: generated, sentinels: sentinels, end: 3) == [1, 5, 2, 7, 4, 3])
        #expect(mergeGenerated(prompt: [1, 11], generated: [11, 5, 3], sentinels: sentinels, end: 3) == [1, 5, 3])
        #expect(mergeGenerated(prompt: [], generated: [11, 5, 3], sentinels: sentinels, end: 3) == [5, 3])
        #expect(mergeGenerated(prompt: [1, 11, 2], generated: generated, sentinels: sentinels) == [1, 5, 3, 6, 2])
    }

    @Test func spansKeepTheirOrder() {
        let spans = sentinels.spans(of: [4, 12, 1, 11, 12, 2, 10])
        #expect(spans == [SentinelSpan(sentinel: 12, ids: [1, 2])])
    }

    @Test func rowsArePadded() {
        let padded = PaddedSequences(padding: [[1, 2, 3], [], [4]], with: 0)
        #expect(padded.ids == [[1, 2, 3], [0, 0, 0], [4, 0, 0]])
        #expect(padded.isPadding == [[false, false, false], [true, true, true], [false, true, true]])
        #expect(PaddedSequences(padding: [], with: 0).ids == [])
    }

    @Test func sequencesAreCutAtTheEnd() {
        #expect(idsBeforeEnd([1, 2, 3, 4, 3], end: 3) == [1, 2])
        #expect(idsBeforeEnd([1, 2], end: 3) == [1, 2])
        #expect(splitAtEnd([1, 3, 3, 2, 3, 4], end: 3) == [[1], [], [2], [4]])
        #expect(splitAtEnd([1, 3], end: 3) == [[1]])
        #expect(splitAtEnd([], end: 3) == [])
    }

    @Test func textIsDecodedByMasks() throws {
        let tokenizer = try TextTokenizer(json: TextFixtures.file())
        let text = tokenizer.decodeText(
            ids: [4, 2, 6, 2, 7, 3], inputMask: [false, false, false, true, true, true],
            targetMask: [true, true, true, false, false, false])
        #expect(text == DecodedText(input: "a [S_1] cat", target: "[S_1] b [S_2]", merged: "a b cat"))
        #expect(tokenizer.decodeText(ids: [4], inputMask: [], targetMask: []).merged == "")
    }
}
