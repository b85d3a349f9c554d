import Testing

@testable import FourM
@testable import FourMSampling
@testable import FourMSettings

/// What a generation is given and asked for, before anything is sampled.
@Suite struct PreparationTests {
    private func bundle() throws -> LoadedBundle { try LoadedBundle(path: GlobalBundle.shapes) }

    @Test func givenTextsEndOnce() throws {
        let bundle = try bundle()
        let reader = InputReader(bundle: bundle, model: try bundle.model())
        let end = try #require(try bundle.text().endID)
        let plain = try reader.read("caption", [.given("a red cube")]).batch.tokens
        #expect(plain[0].last == end && plain[0].filter { $0 == end }.count == 1)
        #expect(try reader.read("caption", [.given("a red cube [EOS]")]).batch.tokens == plain)
    }

    @Test func gridsAreDecodedWholeAndTextsUpToTheirLimit() throws {
        let model = try bundle().model()
        func tokens(_ target: String, _ count: Int) throws -> Int {
            var plan = TargetPlan(target: target, tokens: count, scheme: .roar, steps: 2)
            try Generator.bound(&plan, model.modalities)
            return plan.tokens
        }
        #expect(try tokens("tok_semseg@224", 100) == 196 && tokens("tok_semseg@224", 1000) == 196)
        let longest = try model.modality("caption").maxTokens + 2
        #expect(try tokens("caption", 5) == 5 && tokens("caption", 100_000) == longest)
        #expect(throws: FourMError.self) { try tokens("caption", 0) }
    }
}
