import Foundation
import Testing

@testable import FourMText

@Suite("Hostile tokenizer files and texts")
struct TokenizerHostileTests {
    private func error(_ file: Data) -> TokenizerError? {
        do throws(TokenizerError) {
            _ = try TextTokenizer(json: file, file: "t.json")
            return nil
        } catch {
            return error
        }
    }

    private func error(_ text: String) -> TokenizerError? { error(Data(text.utf8)) }

    @Test(arguments: [
        "", "{", "[1,", "{\"a\":}", "{\"a\" 1}", "nul", "01", "1e999", "\"\\ud800\"", "\"\\udc00x\"",
        "\"\\ud800\\u0041\"",
        "\"\\x\"", "\"\u{1}\"", "{} {}", "\"abc", "\"a\\", "-", "1.", "{a:1}", "\"\\u12\"",
    ])
    func brokenJSONIsRefused(text: String) {
        guard case .malformedJSON(let file, _) = error(text) else {
            Issue.record("not refused: \(text)")
            return
        }
        #expect(file == "t.json")
    }

    @Test func deepNestingAndBrokenUTF8AreRefused() {
        guard case .malformedJSON = error(String(repeating: "[", count: 1_000_000)) else {
            Issue.record("a million brackets were not refused")
            return
        }
        guard case .malformedJSON = error(Data([0x22, 0xC3, 0x28, 0x22])) else {
            Issue.record("broken UTF-8 was not refused")
            return
        }
    }

    @Test func everyTruncationIsRefused() {
        let file = TextFixtures.file(added: "[\(TextFixtures.added(1, "[EOS]", "special"))]")
        for count in 0..<file.count { #expect(error(file.prefix(count)) != nil) }
        #expect(error(file) == nil)
    }

    @Test(arguments: [
        ("normalizer", "Precompiled"), ("pre-tokenizer", "ByteLevel"), ("decoder", "Metaspace"),
        ("post-processor", "ByteLevel"),
    ])
    func unknownComponentsAreNamed(component: String, name: String) {
        let json = "{\"type\":\"\(name)\"}"
        let file =
            switch component {
            case "normalizer": TextFixtures.file(normalizer: "{\"type\":\"Sequence\",\"normalizers\":[\(json)]}")
            case "pre-tokenizer": TextFixtures.file(preTokenizer: json)
            case "decoder": TextFixtures.file(decoder: json)
            default: TextFixtures.file(postProcessor: json)
            }
        #expect(error(file) == .unsupported(file: "t.json", component: component, name: name))
        #expect(error(file)?.description.contains(name) == true)
    }

    @Test func otherModelsAndTruncationAreRefused() {
        #expect(
            error(#"{"model":{"type":"BPE","vocab":{}}}"#)
                == .unsupported(file: "t.json", component: "model", name: "BPE"))
        #expect(error("{}") == .missingField(file: "t.json", field: "model"))
        #expect(error("[]") == .wrongType(file: "t.json", field: "", expected: "an object"))
        #expect(error(#"{"model":{"type":"WordPiece"}}"#) == .missingField(file: "t.json", field: "model.vocab"))
        guard case .unsupported("t.json", "truncation", _) = error(#"{"truncation":{"max_length":3},"model":{}}"#)
        else {
            Issue.record("truncation was not refused")
            return
        }
    }

    @Test(arguments: [
        #"{"[UNK]":0,"a":-1}"#, #"{"[UNK]":0,"a":9223372036854775807}"#, #"{"[UNK]":0,"a":99999999999999999999}"#,
        #"{"[UNK]":0,"a":0}"#, #"{"[UNK]":0,"a":1,"a":2}"#, #"{"a":0}"#, #"{"[UNK]":"x"}"#, "{}", #"{"[UNK]":1.5}"#,
    ])
    func impossibleVocabulariesAreRefused(vocabulary: String) {
        guard case .invalidValue = error(TextFixtures.file(vocabulary: vocabulary)) else {
            Issue.record("not refused: \(vocabulary)")
            return
        }
    }

    @Test func impossibleAddedTokensAreRefused() {
        for entry in [#"{"id":1,"content":"a"}"#, #"{"id":4,"content":""}"#, #"{"id":-1,"content":"x"}"#] {
            guard case .invalidValue = error(TextFixtures.file(added: "[\(entry)]")) else {
                Issue.record("not refused: \(entry)")
                continue
            }
        }
        let long = String(repeating: "x", count: 5000)
        #expect(error(TextFixtures.file(added: "[{\"id\":9,\"content\":\"\(long)\"}]")) != nil)
        #expect(
            error(TextFixtures.file(added: #"[{"id":"1","content":"a"}]"#))
                == .wrongType(file: "t.json", field: "added_tokens[0].id", expected: "an integer"))
    }

    @Test func templatesCannotNameUnknownIDs() {
        guard
            case .invalidValue = error(
                TextFixtures.file(postProcessor: #"{"type":"BertProcessing","cls":["x",0],"sep":["y",99]}"#))
        else {
            Issue.record("the id 99 was not refused")
            return
        }
    }

    @Test func missingFilesAreReported() {
        do {
            _ = try TextTokenizer(contentsOf: URL(fileURLWithPath: "/nonexistent/tokenizer.json"))
            Issue.record("no error")
        } catch {
            guard case .unreadable(file: "/nonexistent/tokenizer.json", let reason) = error, reason.hasSuffix("; check the path") else {
                Issue.record("another error: \(error)")
                return
            }
        }
    }

    /// Texts of 50 kB that would take minutes if any step were quadratic.
    @Test(.timeLimit(.minutes(1)), arguments: ["a", " ", "cat", "[", "\u{301}", "中", "é", "😀", "[EOS] ", "\u{0}"])
    func hugeTextsTakeLinearTime(unit: String) throws {
        let added = [
            TextFixtures.added(1, "[EOS]", "special", "lstrip", "rstrip"), TextFixtures.added(9, " ", "rstrip"),
            TextFixtures.added(8, String(repeating: "cat", count: 100), "single_word"),
        ]
        let tokenizer = try TextTokenizer(json: TextFixtures.file(added: "[\(added.joined(separator: ","))]"))
        let text = String(repeating: unit, count: 50_000 / unit.utf8.count)
        let encoding = tokenizer.encode(text)
        #expect(encoding.ids.count == encoding.tokens.count)
        #expect(encoding.ids.allSatisfy { tokenizer.token(for: $0) != nil })
        #expect(tokenizer.decode(encoding.ids).utf8.count <= 6 * text.utf8.count)
    }

    @Test func unpairedSurrogatesInTextBecomeReplacements() throws {
        let tokenizer = try TextTokenizer(json: TextFixtures.file())
        let text = String(decoding: [0xD800, 0x61, 0xDC00] as [UInt16], as: UTF16.self)
        #expect(tokenizer.encode(text).tokens == ["a"])
    }
}
