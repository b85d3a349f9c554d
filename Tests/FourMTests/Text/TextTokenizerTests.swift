import Foundation
import Testing

@testable import Formats
@testable import FourMText

@Suite("Text tokenizer")
struct TextTokenizerTests {
    private func tokens(_ file: Data, _ text: String) throws -> [String] {
        try TextTokenizer(json: file).encode(text).tokens
    }

    @Test func wordsSplitIntoLongestPieces() throws {
        let tokenizer = try TextTokenizer(json: TextFixtures.file())
        let words = tokenizer.encode("AB cat abb cats a,b").tokens
        #expect(words == ["a", "##b", "cat", "a", "##b", "##b", "[UNK]", "a", "[UNK]", "b"])
        #expect(tokenizer.encode("").ids == [])
        #expect(tokenizer.decode([4, 5, 6, 99, -1, 1]) == "ab cat [EOS]")
        #expect(tokenizer.decode([Int.max, Int.min]) == "")
        #expect(tokenizer.token(for: 8) == nil)
        #expect(tokenizer.id(for: "dog") == nil)
    }

    @Test func unknownWordsAreNamed() throws {
        let tokenizer = try TextTokenizer(json: TextFixtures.file())
        #expect(tokenizer.unknownWords(in: "DOG cat dog ab a,b") == ["dog", ","])
        #expect(tokenizer.unknownWords(in: "ab cat") == [])
    }

    @Test func wordsOverTheLimitAreUnknown() throws {
        let tokenizer = try TextTokenizer(json: TextFixtures.file())
        #expect(tokenizer.encode("a" + String(repeating: "b", count: 99)).ids.count == 100)
        #expect(tokenizer.encode("a" + String(repeating: "b", count: 100)).ids == [0])
    }

    /// The expected tokens are those of Hugging Face tokenizers 0.23.
    @Test(arguments: [
        ([String](), "xcat cat", ["[UNK]", "cat", "cat"]),
        (["single_word"], "xcat cat", ["[UNK]", "cat"]),
        (["lstrip"], "a  cat b", ["a", "  cat", "b"]),
        (["rstrip"], "a cat  b", ["a", "cat  ", "b"]),
        (["lstrip", "rstrip"], " cat  cat ", [" cat  ", "cat "]),
        (["normalized"], "CÁT a", ["cat", "a"]),
        (["single_word"], "CAT [EOS]x", ["cat", "[EOS]", "[UNK]"]),
    ])
    func addedTokensObeyTheirFlags(flags: [String], text: String, expected: [String]) throws {
        let normalized = flags.contains("normalized") ? "" : ",\"normalized\":false"
        let settings = flags.map { ",\"\($0)\":true" }.joined() + normalized
        let cat = "{\"id\":6,\"content\":\"cat\"\(settings)}"
        let file = TextFixtures.file(added: "[\(cat),\(TextFixtures.added(1, "[EOS]", "special"))]")
        #expect(try tokens(file, text) == expected)
    }

    @Test func longestAddedTokenWins() throws {
        let added = [(8, "a b"), (9, "a"), (10, "a b c")].map { TextFixtures.added($0.0 == 9 ? 4 : $0.0, $0.1) }
        let tokenizer = try TextTokenizer(json: TextFixtures.file(added: "[\(added.joined(separator: ","))]"))
        #expect(tokenizer.encode("a b c").ids == [10])
        #expect(tokenizer.encode("a b d").ids == [8, 0])
        #expect(tokenizer.encode("a d").ids == [4, 0])
        #expect(tokenizer.vocabularySize == 10)
        #expect(tokenizer.idLimit == 11)
        #expect(tokenizer.id(for: "a b c") == 10)
        #expect(tokenizer.token(for: 9) == nil)
    }

    @Test func specialTokensAreSkippedOnRequest() throws {
        let file = TextFixtures.file(added: "[\(TextFixtures.added(1, "[EOS]", "special"))]")
        let tokenizer = try TextTokenizer(json: file)
        #expect(tokenizer.decode([6, 1], skipSpecialTokens: true) == "cat")
        #expect(tokenizer.decode([6, 1]) == "cat [EOS]")
    }

    @Test func templatesSurroundText() throws {
        let template = #"""
            {"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},
            {"SpecialToken":{"id":"[EOS]","type_id":0}}],"special_tokens":
            {"[EOS]":{"id":"[EOS]","ids":[1],"tokens":["[EOS]"]}}}
            """#
        let tokenizer = try TextTokenizer(json: TextFixtures.file(postProcessor: template))
        #expect(tokenizer.encode("cat").tokens == ["cat", "[EOS]"])
        #expect(tokenizer.encode("cat", addSpecialTokens: false).tokens == ["cat"])
    }

    /// "é" as one code point and as two are equal Swift strings and different tokens.
    @Test func canonicallyEquivalentTokensStayApart() throws {
        let file = TextFixtures.file(
            vocabulary: #"{"[UNK]":0,"\u00e9":1,"e\u0301":2}"#, normalizer: "null",
            preTokenizer: #"{"type":"WhitespaceSplit"}"#)
        #expect(try TextTokenizer(json: file).encode("\u{E9} e\u{301}").ids == [1, 2])
    }

    @Test(arguments: [
        ("Whitespace", "a.b_c  d-", ["a", ".", "b_c", "d", "-"]), ("WhitespaceSplit", " a.b  c ", ["a.b", "c"]),
        ("BertPreTokenizer", "a.b _c\u{3000}d", ["a", ".", "b", "_", "c", "d"]),
        ("Punctuation", "a..b", ["a", ".", ".", "b"]), ("Digits", "a12b", ["a", "12", "b"]),
    ])
    func preTokenizersCutWords(name: String, text: String, expected: [String]) throws {
        let node = try ConfigValue(json: "{\"type\":\"\(name)\"}")
        let preTokenizer = try TextPreTokenizer(TokenizerField(file: "test", path: "", node: node))
        let scalars = Array(text.unicodeScalars)
        let words = preTokenizer.words(in: scalars).map { String(decoding: UTF8Text.bytes(scalars[$0]), as: UTF8.self) }
        #expect(words == expected)
    }

    @Test func bertNormalizerCleansText() throws {
        let settings = BertNormalization(cleansText: true, spacesChinese: true, stripsAccents: true, lowercases: true)
        let text = settings.apply(Array("É\u{0}\tİ中Σ\u{200D}\u{FFFD}".unicodeScalars))
        #expect(String(decoding: UTF8Text.bytes(text), as: UTF8.self) == "e i 中 σ")
    }

    @Test func decoderCleansUpWithinTokens() {
        let decoder = TokenDecoder.wordPiece(prefix: "##", cleansUp: true)
        #expect(decoder.decode(["do", "##n", "'", "t", ",", "n't", "##."]) == "don ' t,n't.")
        #expect(TokenDecoder.wordPiece(prefix: "##", cleansUp: false).decode(["##a", ",", "##b"]) == "##a ,b")
        #expect(TokenDecoder.spaces.decode(["a", "##b"]) == "a ##b")
    }
}
