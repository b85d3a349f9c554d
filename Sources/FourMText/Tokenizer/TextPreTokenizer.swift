/// How normalised text is cut into words (the `pre_tokenizer` of a tokenizers JSON file).
///
/// Source: Hugging Face `tokenizers`, components BertPreTokenizer, Whitespace, WhitespaceSplit, Punctuation, Digits,
/// CharDelimiterSplit and Sequence.
enum TextPreTokenizer: Sendable {
    /// What becomes of the characters at which text is cut.
    enum Behavior: String, Sendable {
        case removed = "Removed"
        case isolated = "Isolated"
        case contiguous = "Contiguous"
    }

    case bert
    case whitespace
    case whitespaceSplit
    case punctuation(Behavior)
    case digits(individual: Bool)
    case delimiter(Unicode.Scalar)
    case sequence([TextPreTokenizer])

    /// The words of `text` as index ranges in order; none is empty.
    func words(in text: [Unicode.Scalar]) -> [Range<Int>] {
        text.isEmpty ? [] : refine([0..<text.count], in: text)
    }

    private func refine(_ pieces: [Range<Int>], in text: [Unicode.Scalar]) -> [Range<Int>] {
        switch self {
        case .bert:
            let words = Self.cut(pieces, in: text, .removed) { $0.isWhitespace }
            return Self.cut(words, in: text, .isolated) { $0.isBertPunctuation }
        case .whitespace:
            return pieces.flatMap { Self.runs(in: $0, of: text) }
        case .whitespaceSplit:
            return Self.cut(pieces, in: text, .removed) { $0.isWhitespace }
        case .punctuation(let behavior):
            return Self.cut(pieces, in: text, behavior) { $0.isBertPunctuation }
        case .digits(let individual):
            return Self.cut(pieces, in: text, individual ? .isolated : .contiguous) { $0.isNumeric }
        case .delimiter(let delimiter):
            return Self.cut(pieces, in: text, .removed) { $0 == delimiter }
        case .sequence(let steps):
            return steps.reduce(pieces) { $1.refine($0, in: text) }
        }
    }

    private static func cut(
        _ pieces: [Range<Int>], in text: [Unicode.Scalar], _ behavior: Behavior, at isCut: (Unicode.Scalar) -> Bool
    ) -> [Range<Int>] {
        var words: [Range<Int>] = []
        for piece in pieces {
            var start = piece.lowerBound
            var previous: Bool?
            for index in piece {
                let now = isCut(text[index])
                let changes = previous.map { $0 != now || (now && behavior == .isolated) } ?? false
                if changes {
                    if !(previous == true && behavior == .removed) { words.append(start..<index) }
                    start = index
                }
                previous = now
            }
            if let previous, !(previous && behavior == .removed) { words.append(start..<piece.upperBound) }
        }
        return words
    }

    /// The matches of `\w+|[^\w\s]+`.
    private static func runs(in piece: Range<Int>, of text: [Unicode.Scalar]) -> [Range<Int>] {
        var words: [Range<Int>] = []
        var index = piece.lowerBound
        while index < piece.upperBound {
            let start = index
            let isWord = text[index].isWord
            if !isWord, text[index].isWhitespace {
                index += 1
                continue
            }
            while index < piece.upperBound, text[index].isWord == isWord, isWord || !text[index].isWhitespace {
                index += 1
            }
            words.append(start..<index)
        }
        return words
    }
}
