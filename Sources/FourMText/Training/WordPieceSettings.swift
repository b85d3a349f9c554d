/// How a text tokenizer is trained. Defaults are those of `train_unified_wordpiece_tokenizer` in
/// `fourm/utils/tokenizer/text_tokenizer.py`.
package struct WordPieceSettings: Sendable {
    /// Tokens, special ones included; fewer where the words have no more to give.
    package var vocabularySize = 30_000
    /// Pairs of tokens that occur less often are not joined.
    package var minimumFrequency = 0
    /// Get the first ids, in this order; of equal ones the first counts.
    package var specialTokens: [SpecialToken]
    /// Removes control characters, and turns white space into spaces.
    package var cleansText = true
    /// Makes each Chinese character a word.
    package var spacesChinese = true
    /// Removes accents; nil: if letters are made lower case.
    package var stripsAccents: Bool?
    package var lowercases = true
    /// What tokens within a word begin with.
    package var prefix = "##"
    /// The order of the one-character tokens within words, prefix included, which `tokenizers` leaves to chance; nil: by code point.
    package var continuationOrder: [String]?
    /// Distinct words that are held at a time; rare ones beyond that are forgotten.
    package var wordLimit = 5_000_000

    package init(specialTokens: [SpecialToken]) { self.specialTokens = specialTokens }

    /// Most tokens that a tokenizer file may have.
    package static let largestVocabulary = TokenizerLimits.ids

    var normalization: BertNormalization {
        BertNormalization(
            cleansText: cleansText, spacesChinese: spacesChinese, stripsAccents: stripsAccents ?? lowercases, lowercases: lowercases)
    }

    /// - Throws: ``WordPieceTrainingError/settings(_:)``.
    func check() throws(WordPieceTrainingError) {
        guard (1...TokenizerLimits.ids).contains(vocabularySize) else {
            throw .settings("a vocabulary of \(vocabularySize) tokens cannot be; choose 1 to \(TokenizerLimits.ids)")
        }
        guard specialTokens.contains(where: { $0.content == SpecialToken.unknown }) else {
            throw .settings("the special tokens lack \(SpecialToken.unknown), which stands for unknown words; add it")
        }
        for token in specialTokens where token.content.isEmpty || token.content.utf8.count > TokenizerLimits.tokenBytes {
            throw .settings("a special token has \(token.content.utf8.count) bytes; it must have 1 to \(TokenizerLimits.tokenBytes)")
        }
        try checkNormalized()
        let count = Set(specialTokens.map { Array($0.content.utf8) }).count
        guard count < vocabularySize else {
            throw .settings("a vocabulary of \(vocabularySize) has no room beside its \(count) special tokens; ask for more")
        }
    }

    /// That tokens which are looked for in normalised text can be found there and told apart: `tokenizers` does not read a file with others.
    private func checkNormalized() throws(WordPieceTrainingError) {
        var contents: [[Unicode.Scalar]: String] = [:]
        for token in specialTokens where token.isNormalized {
            let normalized = normalization.apply(Array(token.content.unicodeScalars))
            guard !normalized.isEmpty else {
                throw .settings("of the special token '\(token.content)' nothing is left when texts are normalised; leave it out")
            }
            if let other = contents.updateValue(token.content, forKey: normalized), !other.utf8.elementsEqual(token.content.utf8) {
                throw .settings("the special tokens '\(other)' and '\(token.content)' are the same in normalised text; leave one out")
            }
        }
    }
}
