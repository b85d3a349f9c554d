import Foundation
import Testing

@testable import Conformance
@testable import FourMText

@Suite("Text goldens", needsShared)
struct TextGoldenTests {
    @Test func tokenizerMatchesGoldens() throws {
        let json = try TextFixtures.data("goldens/text/wordpiece/text.json")
        #expect(compareTextTokenizerCase(json: json, tokenizer: try TextFixtures.fourM()) == [])
    }

    @Test func spanMergingMatchesGoldens() throws {
        let json = try TextFixtures.data("goldens/text/span_merge/spans.json")
        #expect(compareSpanMergeCase(json: json, tokenizer: try TextFixtures.fourM()) == [])
    }

    @Test func structuresMatchGoldens() throws {
        let json = try TextFixtures.data("goldens/text/structures/structures.json")
        #expect(compareStructuresCase(json: json, tokenizer: try TextFixtures.fourM()) == [])
    }

    /// Each comparison reports a changed expectation, so that it cannot pass by comparing nothing.
    @Test(arguments: [
        ("wordpiece/text.json", "creme brulee", "creme brulle"), ("span_merge/spans.json", "7000", "7002"),
        ("structures/structures.json", "some new thing here\"\n", "some other thing\"\n"),
    ])
    func comparisonsNoticeChanges(path: String, old: String, new: String) throws {
        let tokenizer = try TextFixtures.fourM()
        let text = String(decoding: try TextFixtures.data("goldens/text/\(path)"), as: UTF8.self)
        let range = try #require(text.range(of: old))
        let json = Data(text.replacingCharacters(in: range, with: new).utf8)
        let failures: [String]
        switch path {
        case "wordpiece/text.json": failures = compareTextTokenizerCase(json: json, tokenizer: tokenizer)
        case "span_merge/spans.json": failures = compareSpanMergeCase(json: json, tokenizer: tokenizer)
        default: failures = compareStructuresCase(json: json, tokenizer: tokenizer)
        }
        #expect(!failures.isEmpty)
    }

    @Test func emptyAndBrokenFilesFail() throws {
        let tokenizer = try TextFixtures.fourM()
        for json in [Data("{}".utf8), Data("{".utf8), Data()] {
            #expect(!compareTextTokenizerCase(json: json, tokenizer: tokenizer).isEmpty)
            #expect(!compareSpanMergeCase(json: json, tokenizer: tokenizer).isEmpty)
            #expect(!compareStructuresCase(json: json, tokenizer: tokenizer).isEmpty)
        }
    }

    @Test func vocabularyIsComplete() throws {
        let tokenizer = try TextFixtures.fourM()
        #expect(tokenizer.vocabularySize == 30000)
        #expect(tokenizer.idLimit == 30000)
        #expect(tokenizer.sentinels.ids == Set(4...203))
        #expect(tokenizer.endID == 3)
        #expect(tokenizer.paddingID == 0)
        for (token, id) in tokenizer.vocabulary { #expect(tokenizer.id(for: token) == id) }
    }

    struct Label: Decodable {
        var caption: String
        var det: String
    }

    @Test func shapesLabelsRoundTrip() throws {
        let tokenizer = try TextFixtures.tokenizer("shapes/text_tokenizer.json")
        #expect(tokenizer.vocabularySize == 615)
        #expect(tokenizer.sentinels.first == 5)
        let labels = try JSONDecoder().decode([Label].self, from: TextFixtures.data("shapes/images/labels.json"))
        #expect(!labels.isEmpty)
        for label in labels {
            for text in [label.caption, label.det] {
                let encoding = tokenizer.encode(text)
                #expect(tokenizer.decode(encoding.ids) == text)
                #expect(!encoding.ids.contains(tokenizer.unknownID))
                #expect(encoding.ids.count <= 64)
            }
            let boxes = DetectedBoxes(parsing: label.det + " [EOS] [PAD]", bins: 100)
            #expect(boxes.warnings == [])
            #expect(boxes.boxes.count == label.det.split(separator: "v0=").count)
            #expect(boxes.text(bins: 100) == label.det)
        }
    }
}
