/// Ids and token strings of one text, equally many.
package struct TextEncoding: Sendable, Equatable {
    package var ids: [Int]
    package var tokens: [String]
}

/// The text tokenizer of a 4M model: WordPiece with added tokens, from a Hugging Face `tokenizers` JSON file.
///
/// Text is cut at added tokens, normalised, cut at the added tokens that are looked for in normalised text, cut into
/// words, and each word into pieces. Source: `fourm/utils/tokenizer/text_tokenizer.py` and the `tokenizers` library.
package struct TextTokenizer: Sendable {
    /// Tokens found before words are cut, in the order of the file.
    package let addedTokens: [AddedToken]
    /// Number of distinct tokens, added ones included.
    package let vocabularySize: Int
    /// The span-masking tokens `[S_0]`, `[S_1]`, …
    package let sentinels: Sentinels
    /// One more than the largest id: the number of rows that an embedding table needs.
    package var idLimit: Int { tokenOfID.count }
    /// Id of the token for words that no pieces cover.
    package var unknownID: Int { Int(model.unknownID) }

    let model: WordPiece
    let normalizer: TextNormalizer?
    let preTokenizer: TextPreTokenizer?
    let template: TokenTemplate?
    let decoder: TokenDecoder
    let tokenOfID: [String?]
    let specialIDs: Set<Int>
    private let addedIDs: [[UInt8]: Int]
    private let rawMatcher: AddedTokenMatcher
    private let normalizedMatcher: AddedTokenMatcher

    init(parts: TokenizerParts) {
        addedTokens = parts.addedTokens
        model = parts.model
        normalizer = parts.normalizer
        preTokenizer = parts.preTokenizer
        template = parts.template
        decoder = parts.decoder
        tokenOfID = parts.tokenOfID
        vocabularySize = parts.tokenOfID.reduce(into: 0) { $0 += $1 == nil ? 0 : 1 }
        sentinels = Sentinels(tokens: parts.tokenOfID)
        specialIDs = Set(parts.addedTokens.filter(\.isSpecial).map(\.id))
        let contents = parts.addedTokens.map { (Array($0.content.utf8), $0.id) }
        addedIDs = Dictionary(contents, uniquingKeysWith: { first, _ in first })
        rawMatcher = Self.matcher(parts, isNormalized: false)
        normalizedMatcher = Self.matcher(parts, isNormalized: true)
    }

    /// Special tokens come first: of two equal patterns the first is found.
    private static func matcher(_ parts: TokenizerParts, isNormalized: Bool) -> AddedTokenMatcher {
        let order =
            parts.addedTokens.indices.filter { parts.addedTokens[$0].isSpecial }
            + parts.addedTokens.indices.filter { !parts.addedTokens[$0].isSpecial }
        let patterns = order.filter { parts.addedTokens[$0].isNormalized == isNormalized }
            .map { index -> (bytes: [UInt8], token: Int) in
                let content = Array(parts.addedTokens[index].content.unicodeScalars)
                let pattern = isNormalized ? parts.normalizer?.apply(content) ?? content : content
                return (UTF8Text.bytes(pattern), index)
            }
        return AddedTokenMatcher(tokens: parts.addedTokens, patterns: patterns)
    }
}

extension TextTokenizer {
    /// Names of objects that are tokens of their own: the classes of `det`. Source: `--special_tokens` of
    /// `train_wordpiece_tokenizer.py`.
    package var objectClasses: [String] {
        addedTokens.filter { $0.isSpecial && !$0.content.hasPrefix("[") && !$0.content.contains("=") }.map(\.content)
    }

    /// The ids and tokens of `text`.
    ///
    /// - Parameters:
    ///   - text: any text; what the vocabulary cannot cover becomes the unknown token.
    ///   - addSpecialTokens: whether to add what the file's post-processor puts around a text (4M's files have none).
    package func encode(_ text: String, addSpecialTokens: Bool = true) -> TextEncoding {
        var result = TextEncoding(ids: [], tokens: [])
        let bytes = Array(text.utf8)
        for piece in rawMatcher.pieces(of: bytes[...]) {
            if let token = piece.token {
                append(token, bytes[piece.range], to: &result)
            } else {
                encodeText(bytes[piece.range], into: &result)
            }
        }
        guard addSpecialTokens, let template else { return result }
        return surrounded(result, by: template)
    }

    /// The text of `ids`; ids outside the vocabulary are left out.
    ///
    /// - Parameter skipSpecialTokens: leaves out special tokens; in 4M vocabularies these are all added tokens, class
    ///   names and coordinates too.
    package func decode(_ ids: some Sequence<Int>, skipSpecialTokens: Bool = false) -> String {
        let tokens = ids.lazy.filter { !skipSpecialTokens || !specialIDs.contains($0) }.compactMap { token(for: $0) }
        return decoder.decode(Array(tokens))
    }

    /// The id of a token, compared by code points.
    package func id(for token: String) -> Int? {
        model.trie.value(for: token.utf8).map { Int($0) } ?? addedIDs[Array(token.utf8)]
    }

    /// The token of an id, nil outside the vocabulary.
    package func token(for id: Int) -> String? {
        tokenOfID.indices.contains(id) ? tokenOfID[id] : nil
    }

    /// Every token with its id, by ascending id.
    package var vocabulary: [(token: String, id: Int)] {
        tokenOfID.enumerated().compactMap { entry in entry.element.map { ($0, entry.offset) } }
    }

    /// The words of `text` that no pieces of the vocabulary cover, normalised, each once in their order.
    package func unknownWords(in text: String) -> [String] {
        let bytes = Array(text.utf8)
        var found: [String] = []
        for piece in rawMatcher.pieces(of: bytes[...]) where piece.token == nil {
            let plain = normalizer.map { UTF8Text.bytes($0.apply(UTF8Text.scalars(bytes[piece.range]))) } ?? Array(bytes[piece.range])
            for part in normalizedMatcher.pieces(of: plain[...]) where part.token == nil {
                for word in words(plain[part.range]) where !isKnown(word) {
                    let name = String(decoding: word, as: UTF8.self)
                    if !found.contains(name) { found.append(name) }
                }
            }
        }
        return found
    }

    private func isKnown(_ word: [UInt8]) -> Bool {
        var ids: [Int32] = []
        model.encode(word[...], into: &ids)
        return !ids.contains(model.unknownID)
    }

    /// The words of normalised text without added tokens.
    private func words(_ text: ArraySlice<UInt8>) -> [[UInt8]] {
        let scalars = UTF8Text.scalars(text)
        return (preTokenizer?.words(in: scalars) ?? [0..<scalars.count]).map { UTF8Text.bytes(scalars[$0]) }
    }

    private func append(_ token: Int, _ text: ArraySlice<UInt8>, to result: inout TextEncoding) {
        result.ids.append(addedTokens[token].id)
        result.tokens.append(String(decoding: text, as: UTF8.self))
    }

    private func encodeText(_ text: ArraySlice<UInt8>, into result: inout TextEncoding) {
        var bytes = text
        if let normalizer { bytes = UTF8Text.bytes(normalizer.apply(UTF8Text.scalars(text)))[...] }
        for piece in normalizedMatcher.pieces(of: bytes) {
            if let token = piece.token {
                append(token, bytes[piece.range], to: &result)
            } else {
                encodeWords(bytes[piece.range], into: &result)
            }
        }
    }

    private func encodeWords(_ text: ArraySlice<UInt8>, into result: inout TextEncoding) {
        var ids: [Int32] = []
        for word in words(text) { model.encode(word[...], into: &ids) }
        result.ids += ids.map { Int($0) }
        result.tokens += ids.map { token(for: Int($0)) ?? "" }
    }

    private func surrounded(_ text: TextEncoding, by template: TokenTemplate) -> TextEncoding {
        var result = TextEncoding(ids: [], tokens: [])
        for part in template.parts {
            switch part {
            case .text:
                result.ids += text.ids
                result.tokens += text.tokens
            case .special(let ids):
                result.ids += ids
                result.tokens += ids.map { token(for: $0) ?? "" }
            }
        }
        return result
    }
}
