import Files
import Formats
import Foundation
import FourMText

/// Training of the text tokenizer: the file must be the same, byte by byte.
enum WordPieceTrainingRunner: CaseRunner {
    static let kinds = ["train-wordpiece"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        var expected = ConformanceFile(Data(try InputFile.bytes(golden.file("expected.json").path, limit: GoldenCase.largestFile)))
        var trainer = try WordPieceTrainer(settings(golden.parameters, expected.root))
        try trainer.add(file: golden.file("corpus.txt").path)
        compare(trainer.counts, &expected)
        let trained = try trainer.train()
        let json = trained.json()
        let tokenizer = try TextTokenizer(json: Data(json), file: "the trained tokenizer")
        if let size = golden.parameters["vocab_size_reached"] as? Int {
            expected.expect(trained.vocabularySize, size, "vocab_size_reached")
        }
        let special = trained.tokens.prefix(trained.specialCount).map(codePoints)
        expected.expect(special, expected.root["special_tokens"]?.strings?.map(codePoints), "special_tokens")
        compare(tokenizer, &expected)
        compare(json, with: try InputFile.bytes(golden.file("tokenizer.json").path, limit: GoldenCase.largestFile), &expected)
        report.add(expected.failures, checks: 1)
    }

    private static func settings(_ parameters: Parameters, _ expected: ConfigValue) throws -> WordPieceSettings {
        let classes = parameters["object_classes"] as? [String] ?? []
        var settings = WordPieceSettings(
            specialTokens: SpecialToken.fourM(
                sentinels: try parameters.integer("num_sentinels"), coordinateBins: try parameters.integer("coord_bins"),
                objectClasses: classes))
        settings.vocabularySize = try parameters.integer("vocab_size")
        settings.minimumFrequency = try parameters.integer("min_frequency")
        settings.lowercases = parameters["lowercase"] as? Bool ?? true
        settings.cleansText = parameters["clean_text"] as? Bool ?? true
        settings.spacesChinese = parameters["handle_chinese_chars"] as? Bool ?? true
        settings.stripsAccents = parameters["strip_accents"] as? Bool
        settings.prefix = parameters["continuing_subword_prefix"] as? String ?? "##"
        settings.continuationOrder = expected["continuation_order"]?.strings
        return settings
    }

    private static func compare(_ counts: WordCounts, _ expected: inout ConformanceFile) {
        guard let members = expected.root["word_counts"]?.object else { return expected.fail("the data file has no word_counts") }
        expected.expect(counts.count, members.count, "word_counts")
        var found: [[UInt8]: Int] = [:]
        for index in 0..<counts.count { found[Array(counts.word(index))] = counts.counts[index] }
        for member in members {
            expected.expect(found[Array(member.key.utf8)] ?? 0, member.value.int, "word_counts of '\(member.key)'")
        }
    }

    private static func compare(_ tokenizer: TextTokenizer, _ expected: inout ConformanceFile) {
        for (index, entry) in expected.entries("sentences").enumerated() {
            let found = tokenizer.encode(entry["text"]?.string ?? "")
            expected.expect(found.ids, entry["ids"]?.ints, "sentences[\(index)].ids")
            expected.expect(found.tokens.map(codePoints), entry["tokens"]?.strings?.map(codePoints), "sentences[\(index)].tokens")
            expected.expect(
                codePoints(tokenizer.decode(found.ids)), entry["decoded"]?.string.map(codePoints), "sentences[\(index)].decoded")
        }
        let sentinels = expected.root["sentinel_to_id"]?.object?.compactMap { member in
            Int(member.key).flatMap { number in member.value.int.map { (number, $0) } }
        }
        expected.expect(
            tokenizer.sentinels.idOfNumber, sentinels.map { Dictionary($0, uniquingKeysWith: { first, _ in first }) }, "sentinel_to_id")
    }

    private static func compare(_ json: [UInt8], with expected: [UInt8], _ file: inout ConformanceFile) {
        guard json != expected else { return }
        let place = zip(json, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(json.count, expected.count)
        func text(_ bytes: [UInt8]) -> String {
            String(decoding: bytes[max(place - 20, 0)..<min(place + 20, bytes.count)], as: UTF8.self)
        }
        file.fail("tokenizer.json differs from byte \(place) on: '\(text(json))', expected '\(text(expected))'")
    }

    /// For comparisons that tell texts apart which Unicode calls equal.
    private static func codePoints(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }
}
