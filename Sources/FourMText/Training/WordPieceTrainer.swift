/// Trains a WordPiece vocabulary: counts the words of texts, then joins the most frequent neighbours of their pieces.
///
/// Same texts and settings, same file. Source: `train_wordpiece_tokenizer.py`, and the WordPiece trainer of Hugging Face `tokenizers`.
package struct WordPieceTrainer: Sendable {
    /// How far the work is.
    package enum Progress: Sendable {
        /// Bytes of the present file that are counted, of how many; nil for a pipe.
        case counting(file: String, bytes: Int, of: Int?)
        /// Tokens that the vocabulary has, of how many at most.
        case merging(tokens: Int, of: Int)
    }

    private let settings: WordPieceSettings
    private var counter: WordCounter
    private var files: [String] = []
    /// Bytes of text that were counted.
    package private(set) var bytes = 0

    /// - Throws: ``WordPieceTrainingError/settings(_:)``.
    package init(_ settings: WordPieceSettings) throws(WordPieceTrainingError) {
        try settings.check()
        self.settings = settings
        counter = WordCounter(settings.normalization, limit: settings.wordLimit)
    }

    /// How often each word occurred so far.
    package var counts: WordCounts { counter.counts }

    /// Counts the words of a file of text in UTF-8; its size does not matter.
    /// - Throws: `InputError`, ``WordPieceTrainingError``, and what `onProgress` throws.
    package mutating func add(file: String, onProgress: (Progress) throws -> Void = { _ in }) throws {
        var reader = try CorpusReader(file)
        files.append(file)
        var done = 0
        while let piece = try reader.next() {
            counter.add(piece[...])
            done += piece.count
            try onProgress(.counting(file: file, bytes: done, of: reader.size))
        }
        bytes += done
    }

    /// Counts the words of `text`.
    package mutating func add(text: String) {
        counter.add(Array(text.utf8)[...])
        bytes += text.utf8.count
    }

    /// The vocabulary of what was counted.
    /// - Throws: ``WordPieceTrainingError``, and what `onProgress` throws.
    package consuming func train(onProgress: (Progress) throws -> Void = { _ in }) throws -> TrainedWordPiece {
        guard counts.count > 0 else { throw WordPieceTrainingError.noWords(files: files) }
        var vocabulary = TokenList()
        for token in settings.specialTokens { vocabulary.id(adding: Array(token.content.utf8)) }
        let specialCount = vocabulary.count
        let alphabet = Alphabet(counts)
        for character in alphabet.characters { vocabulary.id(adding: character) }
        let prefix = Array(settings.prefix.utf8)
        for token in try alphabet.continuations(settings.continuationOrder, prefix: prefix) { vocabulary.id(adding: token) }
        guard vocabulary.count <= settings.vocabularySize else {
            throw WordPieceTrainingError.vocabularyTooSmall(
                size: settings.vocabularySize, specialTokens: specialCount, characters: vocabulary.count - specialCount)
        }
        let characterCount = vocabulary.count - specialCount
        var merger = PairMerger(pieces(vocabulary, prefix), vocabulary: vocabulary, prefix: prefix)
        let size = settings.vocabularySize
        try merger.run(to: size, minimumFrequency: settings.minimumFrequency) { try onProgress(.merging(tokens: $0, of: size)) }
        return TrainedWordPiece(
            settings: settings, vocabulary: merger.vocabulary, specialCount: specialCount, characterCount: characterCount,
            wordCount: counts.count, forgotten: counts.forgotten.words, forgottenAtMost: counts.forgotten.atMost)
    }

    /// Each word as its characters.
    private func pieces(_ vocabulary: TokenList, _ prefix: [UInt8]) -> WordPieces {
        var pieces = WordPieces()
        for index in 0..<counts.count {
            let tokens = Alphabet.characters(of: counts.word(index)).enumerated().map { place, character in
                vocabulary.id(of: place == 0 ? Array(character) : prefix + character) ?? 0
            }
            pieces.append(tokens, count: counts.counts[index])
        }
        return pieces
    }
}
