/// A vocabulary that was trained, and the file that holds it.
package struct TrainedWordPiece: Sendable {
    /// First tokens of the vocabulary, whatever the texts say.
    package let specialCount: Int
    /// Single characters, at the start of words and within.
    package let characterCount: Int
    /// Distinct words that the vocabulary was made of.
    package let wordCount: Int
    /// Words that were forgotten to make room, and how often the most frequent of them had been seen.
    package let forgotten: Int
    package let forgottenAtMost: Int

    private let settings: WordPieceSettings
    private let vocabulary: TokenList

    init(
        settings: WordPieceSettings, vocabulary: TokenList, specialCount: Int, characterCount: Int, wordCount: Int, forgotten: Int,
        forgottenAtMost: Int
    ) {
        (self.settings, self.vocabulary, self.specialCount, self.characterCount) = (settings, vocabulary, specialCount, characterCount)
        (self.wordCount, self.forgotten, self.forgottenAtMost) = (wordCount, forgotten, forgottenAtMost)
    }

    /// Tokens by id.
    package var tokens: [String] { vocabulary.tokens.map { String(decoding: $0, as: UTF8.self) } }

    package var vocabularySize: Int { vocabulary.count }

    /// The tokenizer file, byte by byte as Hugging Face `tokenizers` writes it: indented by two spaces, tokens in the order of their ids, no
    /// line end at the end.
    package func json() -> [UInt8] {
        var text = IndentedObject()
        text.open("{")
        text.member("version", "\"1.0\"")
        text.member("truncation", "null")
        text.member("padding", "null")
        writeAddedTokens(&text)
        text.object("normalizer") { object in
            object.member("type", "\"BertNormalizer\"")
            object.member("clean_text", "\(settings.cleansText)")
            object.member("handle_chinese_chars", "\(settings.spacesChinese)")
            object.member("strip_accents", settings.stripsAccents.map { "\($0)" } ?? "null")
            object.member("lowercase", "\(settings.lowercases)")
        }
        text.object("pre_tokenizer") { $0.member("type", "\"BertPreTokenizer\"") }
        text.member("post_processor", "null")
        text.object("decoder") { object in
            object.member("type", "\"WordPiece\"")
            object.member("prefix", IndentedObject.quoted(settings.prefix.utf8))
            object.member("cleanup", "true")
        }
        text.object("model") { object in
            object.member("type", "\"WordPiece\"")
            object.member("unk_token", IndentedObject.quoted(SpecialToken.unknown.utf8))
            object.member("continuing_subword_prefix", IndentedObject.quoted(settings.prefix.utf8))
            object.member("max_input_chars_per_word", "100")
            object.object("vocab") { vocab in
                for (id, token) in vocabulary.tokens.enumerated() { vocab.member(bytes: token, "\(id)") }
            }
        }
        text.close("}")
        return text.bytes
    }

    private func writeAddedTokens(_ text: inout IndentedObject) {
        text.array("added_tokens") { array in
            var seen: Set<[UInt8]> = []
            for token in settings.specialTokens {
                let content = Array(token.content.utf8)
                guard seen.insert(content).inserted, let id = vocabulary.id(of: content) else { continue }
                array.element { object in
                    object.member("id", "\(id)")
                    object.member("content", IndentedObject.quoted(content))
                    object.member("single_word", "\(token.isSingleWord)")
                    object.member("lstrip", "false")
                    object.member("rstrip", "false")
                    object.member("normalized", "\(token.isNormalized)")
                    object.member("special", "true")
                }
            }
        }
    }
}
