/// Joins the most frequent pair of neighbouring tokens into a token, again and again.
///
/// Source: trainer of byte pair encoding in Hugging Face `tokenizers`, which its WordPiece trainer is made of. Its habits are kept, as
/// vocabularies depend on them: the count of a pair stays what it was when the pair has been merged, so that one which another merge makes
/// anew comes early; a token that is there already, such as the name of an object, is taken and adds nothing to the vocabulary.
struct PairMerger: Sendable {
    private(set) var vocabulary: TokenList
    private var words: WordPieces
    private var counts: [TokenPair: Int] = [:]
    private var queue = MergeQueue()
    private let prefix: [UInt8]

    init(_ words: WordPieces, vocabulary: TokenList, prefix: [UInt8]) {
        (self.words, self.vocabulary, self.prefix) = (words, vocabulary, prefix)
        var places: [TokenPair: [Int32]] = [:]
        for word in 0..<words.count {
            let tokens = words.tokens(of: word)
            for (left, right) in zip(tokens, tokens.dropFirst()) {
                note((TokenPair(left: left, right: right), 1), in: word, &places)
            }
        }
        enqueue(places, age: 0)
    }

    /// Merges until the vocabulary has `size` tokens, or until no pair occurs `minimumFrequency` times.
    /// - Parameter onMerge: is told the size after each merge; what it throws ends the work.
    mutating func run(to size: Int, minimumFrequency: Int, onMerge: (Int) throws -> Void) rethrows {
        var age = 0
        while vocabulary.count < size, var top = queue.pop() {
            let count = counts[top.pair] ?? 0
            guard count >= max(minimumFrequency, 1) || count != top.count else { return }
            if count != top.count {
                top.count = count
                if count > 0 { queue.push(top) }
                continue
            }
            age += 1
            merge(top, age)
            try onMerge(vocabulary.count)
        }
    }

    private mutating func merge(_ top: PairCandidate, _ age: Int) {
        let right = vocabulary.token(top.pair.right)
        let tail = right.starts(with: prefix) ? right.dropFirst(prefix.count) : right[...]
        let token = vocabulary.id(adding: vocabulary.token(top.pair.left) + tail)
        var places: [TokenPair: [Int32]] = [:]
        var changes: [WordPieces.Change] = []
        for word in top.words {
            changes.removeAll(keepingCapacity: true)
            words.merge(top.pair, into: token, in: Int(word), &changes)
            for change in changes { note(change, in: Int(word), &places) }
        }
        enqueue(places, age: age)
    }

    private mutating func note(_ change: WordPieces.Change, in word: Int, _ places: inout [TokenPair: [Int32]]) {
        counts[change.pair, default: 0] += change.by * words.counts[word]
        guard change.by > 0, places[change.pair]?.last != Int32(word) else { return }
        places[change.pair, default: []].append(Int32(word))
    }

    private mutating func enqueue(_ places: [TokenPair: [Int32]], age: Int) {
        for (pair, found) in places {
            guard let count = counts[pair], count > 0 else { continue }
            queue.push(PairCandidate(pair: pair, count: count, age: age, words: found))
        }
    }
}
