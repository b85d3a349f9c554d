/// Normalises text, cuts it into words and counts these, as a BERT normaliser and pre-tokenizer do before WordPiece.
struct WordCounter: Sendable {
    private(set) var counts: WordCounts
    private let normalization: BertNormalization
    /// What an ASCII byte becomes.
    private let table: [ByteUse]
    /// The word under way.
    private var word: [UInt8] = []

    private enum ByteUse: Sendable {
        case nothing, space
        case letter(UInt8)
        case punctuation(UInt8)
    }

    init(_ normalization: BertNormalization, limit: Int) {
        counts = WordCounts(limit: limit)
        self.normalization = normalization
        table = (UInt8(0)..<128).map { byte in
            let made = normalization.apply([Unicode.Scalar(byte)])
            guard let scalar = made.first, made.count == 1, scalar.isASCII else { return .nothing }
            let value = UInt8(truncatingIfNeeded: scalar.value)
            return scalar.isWhitespace ? .space : scalar.isBertPunctuation ? .punctuation(value) : .letter(value)
        }
    }

    /// Counts the words of `text`, which is UTF-8 and neither begins nor ends within a word. Lines are looked at one by one, as those of
    /// ASCII alone are by far the faster.
    mutating func add(_ text: ArraySlice<UInt8>) {
        for line in text.split(separator: UInt8(ascii: "\n")) {
            if line.allSatisfy({ $0 < 128 }) { addASCII(line) } else { addUnicode(line) }
        }
    }

    private mutating func addASCII(_ line: ArraySlice<UInt8>) {
        for byte in line {
            switch table[Int(byte)] {
            case .letter(let letter): word.append(letter)
            case .nothing: continue
            case .space: endWord()
            case .punctuation(let sign):
                endWord()
                word.append(sign)
                endWord()
            }
        }
        endWord()
    }

    private mutating func endWord() {
        guard !word.isEmpty else { return }
        counts.add(word[...])
        word.removeAll(keepingCapacity: true)
    }

    private mutating func addUnicode(_ line: ArraySlice<UInt8>) {
        let text = normalization.apply(UTF8Text.scalars(line))
        for range in TextPreTokenizer.bert.words(in: text) { counts.add(UTF8Text.bytes(text[range])[...]) }
    }
}
