import Files
import Foundation
import Testing

@testable import FourMText

@Suite("Training of the text tokenizer")
struct WordPieceTrainingTests {
    private static let few = [SpecialToken("[PAD]"), SpecialToken("[UNK]")]

    private func settings(_ size: Int, _ special: [SpecialToken] = few) -> WordPieceSettings {
        var settings = WordPieceSettings(specialTokens: special)
        settings.vocabularySize = size
        return settings
    }

    private func train(_ text: String, _ settings: WordPieceSettings) throws -> TrainedWordPiece {
        var trainer = try WordPieceTrainer(settings)
        trainer.add(text: text)
        return try trainer.train()
    }

    /// Writes `bytes` to a file for as long as `body` runs.
    private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-corpus-\(UUID().uuidString).txt").path
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    /// Counts: a##b 3, ##b##c 2. Then ab##c 2 joins to abc, and c##d 1 last.
    @Test func theMostFrequentPairComesFirst() throws {
        let trained = try train("abc abc ab cd", settings(100))
        #expect(trained.tokens == ["[PAD]", "[UNK]", "a", "b", "c", "d", "##b", "##c", "##d", "ab", "abc", "cd"])
        #expect(trained.specialCount == 2 && trained.characterCount == 7 && trained.wordCount == 3)
    }

    @Test func equallyFrequentPairsGoByTheirIDs() throws {
        let trained = try train("ba ab", settings(100))
        #expect(trained.tokens.suffix(2) == ["ab", "ba"])
    }

    @Test func theVocabularyEndsAtItsSizeOrItsFrequency() throws {
        #expect(try train("abc abc ab cd", settings(10)).tokens.last == "ab")
        var rare = settings(100)
        rare.minimumFrequency = 3
        #expect(try train("abc abc ab cd", rare).tokens.last == "ab")
        #expect(try train("abc abc ab cd", rare).vocabularySize == 10)
    }

    /// The name of an object is no new token when pieces join to it, and neither is a character that is a special token.
    @Test func tokensThatAreThereAreTaken() throws {
        let trained = try train(
            "dog dog", settings(100, Self.few + [SpecialToken("dog", isSingleWord: true, isNormalized: true), SpecialToken("d")]))
        #expect(trained.tokens == ["[PAD]", "[UNK]", "dog", "d", "g", "o", "##g", "##o", "do"])
    }

    @Test func runsOfOneLetterJoinFromTheLeft() throws {
        let trained = try train("aaaaa", settings(100))
        #expect(trained.tokens == ["[PAD]", "[UNK]", "a", "##a", "##aa", "aaa", "aaaaa"])
    }

    @Test func theOrderWithinWordsMayBeGiven() throws {
        var given = settings(100)
        given.continuationOrder = ["##x", "##d", "##b", "##c"]
        #expect(try train("abc abc ab cd", given).tokens[6..<9] == ["##d", "##b", "##c"])
        given.continuationOrder = ["##d", "##b"]
        #expect(throws: WordPieceTrainingError.continuationOrder("lacks '##c', which the texts have (1 missing in all); add it")) {
            try train("abc abc ab cd", given)
        }
        given.continuationOrder = ["##d", "##d"]
        #expect(throws: WordPieceTrainingError.continuationOrder("has '##d' twice; each may be there once")) { try train("ad", given) }
    }

    @Test func textIsNormalisedAsTheTokenizerDoes() throws {
        let text = "Élan CAFÉ\tx\u{0}y 東京! e\u{301}\r\nÜb\u{200D}er\u{3000}z"
        var counts: [String: Int] = [:]
        var trainer = try WordPieceTrainer(settings(100))
        trainer.add(text: text)
        for index in 0..<trainer.counts.count {
            counts[String(decoding: trainer.counts.word(index), as: UTF8.self)] = trainer.counts.counts[index]
        }
        #expect(counts == ["elan": 1, "cafe": 1, "xy": 1, "東": 1, "京": 1, "!": 1, "e": 1, "uber": 1, "z": 1])
    }

    /// Lines of ASCII go another way, which must count the same.
    @Test(arguments: [(true, true), (true, false), (false, true), (false, false)])
    func linesOfASCIIAreCountedAsOthers(cleans: Bool, lowercases: Bool) throws {
        let bytes = (UInt8(1)..<128).filter { $0 != 10 }.flatMap { [UInt8(ascii: "a"), $0, UInt8(ascii: "B"), $0, $0] }
        let line = String(decoding: bytes, as: UTF8.self)
        let normalization = BertNormalization(cleansText: cleans, spacesChinese: true, stripsAccents: lowercases, lowercases: lowercases)
        var (plain, other) = (WordCounter(normalization, limit: 10_000), WordCounter(normalization, limit: 10_000))
        plain.add(Array(line.utf8)[...])
        other.add(Array((line + " 東").utf8)[...])
        var words: [[UInt8]: Int] = [:]
        for index in 0..<other.counts.count { words[Array(other.counts.word(index))] = other.counts.counts[index] }
        words[Array("東".utf8)] = nil
        #expect(words.count > 10 && plain.counts.count == words.count)
        for index in 0..<plain.counts.count { #expect(words[Array(plain.counts.word(index))] == plain.counts.counts[index]) }
    }

    @Test func filesAreReadPieceByPiece() throws {
        let text = (0..<200).map { "word\($0 % 7) über \(String(repeating: "x", count: $0))" }.joined(separator: "\n")
        try withFile(Array(text.utf8)) { path in
            var whole: [UInt8] = []
            var reader = try CorpusReader(path, blockBytes: 64)
            var pieces = 0
            while let piece = try reader.next() {
                #expect(String(validating: piece, as: UTF8.self) != nil)
                whole += piece
                pieces += 1
            }
            #expect(whole == Array(text.utf8) && pieces > 50)
            var (fromFile, fromText) = (try WordPieceTrainer(settings(120)), try WordPieceTrainer(settings(120)))
            try fromFile.add(file: path)
            fromText.add(text: text)
            #expect(fromFile.bytes == text.utf8.count)
            #expect(try fromFile.train().json() == fromText.train().json())
        }
    }

    @Test func rareWordsAreForgottenWhereThereIsNoRoom() throws {
        var limited = settings(200)
        limited.wordLimit = 20
        var trainer = try WordPieceTrainer(limited)
        for number in 0..<500 { trainer.add(text: "often a\(number) sometimes\(number % 3)\n") }
        #expect(trainer.counts.count <= 20)
        #expect(trainer.counts.forgotten.words > 400 && trainer.counts.forgotten.atMost >= 1)
        let index = try #require((0..<trainer.counts.count).first { trainer.counts.word($0).elementsEqual("often".utf8) })
        #expect(trainer.counts.counts[index] == 500)
        #expect(try trainer.train().forgotten > 400)
    }

    @Test func textThatIsNoneIsRefused() throws {
        try withFile(Array("good line\nb".utf8) + [0xFF, 0x41]) { path in
            #expect(throws: WordPieceTrainingError.notUTF8(file: path, byte: 11)) {
                var trainer = try WordPieceTrainer(settings(100))
                try trainer.add(file: path)
            }
        }
        try withFile([0x1F, 0x8B, 8, 0] + [UInt8](repeating: 0xFE, count: 40)) { path in
            let error = #expect(throws: WordPieceTrainingError.self) {
                var trainer = try WordPieceTrainer(settings(100))
                try trainer.add(file: path)
            }
            #expect(error?.description.contains("gzip") == true && error?.file == path, "\(String(describing: error))")
        }
        try withFile([]) { path in
            #expect(throws: WordPieceTrainingError.noWords(files: [path])) {
                var trainer = try WordPieceTrainer(settings(100))
                try trainer.add(file: path)
                _ = try trainer.train()
            }
        }
        #expect(throws: InputError.self) {
            var trainer = try WordPieceTrainer(settings(100))
            try trainer.add(file: "/nowhere/corpus.txt")
        }
    }

    @Test func settingsThatCannotBeAreRefused() throws {
        #expect(throws: WordPieceTrainingError.vocabularyTooSmall(size: 8, specialTokens: 2, characters: 7)) {
            try train("abc abc ab cd", settings(8))
        }
        #expect(throws: WordPieceTrainingError.self) { try WordPieceTrainer(settings(0)) }
        #expect(throws: WordPieceTrainingError.self) { try WordPieceTrainer(settings(2)) }
        #expect(throws: WordPieceTrainingError.self) {
            try WordPieceTrainer(settings(100, Self.few + [SpecialToken("\u{200D}", isNormalized: true)]))
        }
        let alike = ["Dog", "dog"].map { SpecialToken($0, isNormalized: true) }
        #expect(throws: WordPieceTrainingError.self) { try WordPieceTrainer(settings(100, Self.few + alike)) }
        #expect(throws: Never.self) { try WordPieceTrainer(settings(100, Self.few + [alike[0], alike[0]])) }
        #expect(throws: WordPieceTrainingError.self) { try WordPieceTrainer(settings(100, [SpecialToken("[PAD]")])) }
        #expect(throws: WordPieceTrainingError.self) { try WordPieceTrainer(settings(100, Self.few + [SpecialToken("")])) }
    }

    /// What is written is read back, and texts survive it.
    @Test func theFileIsATokenizer() throws {
        let special = SpecialToken.fourM(sentinels: 3, coordinateBins: 2, objectClasses: ["traffic light", "\"odd\\ \u{1} name\""])
        let trained = try train("a traffic light, two dogs; the dog's \u{7F}", settings(100, special))
        let tokenizer = try TextTokenizer(json: Data(trained.json()))
        #expect(tokenizer.vocabularySize == trained.vocabularySize)
        #expect(tokenizer.sentinels.idOfNumber == [0: 4, 1: 5, 2: 6])
        #expect(tokenizer.objectClasses.contains("traffic light"))
        #expect(tokenizer.encode("v1=1 traffic light [S_2]").ids == [10, tokenizer.id(for: "traffic light"), 6])
        #expect(tokenizer.decode(tokenizer.encode("two dogs").ids) == "two dogs")
        #expect(trained.json() == (try train("a traffic light, two dogs; the dog's \u{7F}", settings(100, special)).json()))
    }
}
