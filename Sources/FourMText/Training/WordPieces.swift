/// The words of a corpus as tokens, all in one array, and the merging of neighbours.
struct WordPieces: Sendable {
    /// A change of how often a pair occurs in the word that was changed.
    typealias Change = (pair: TokenPair, by: Int)

    private var tokens: [Int32] = []
    /// Where each word begins, and how many tokens it has by now.
    private var starts: [Int] = []
    private var lengths: [Int] = []
    /// Occurrences of each word.
    private(set) var counts: [Int] = []

    var count: Int { counts.count }

    mutating func append(_ word: [Int32], count: Int) {
        starts.append(tokens.count)
        lengths.append(word.count)
        counts.append(count)
        tokens += word
    }

    func tokens(of word: Int) -> ArraySlice<Int32> { tokens[starts[word]..<starts[word] + lengths[word]] }

    /// Replaces `pair` by `token` throughout `word`, from left to right.
    /// - Parameter changes: takes pairs that are gone and pairs that are new. What `pair` itself loses is not told: its count is that of all
    ///   places where it was ever merged, as in Hugging Face `tokenizers`.
    mutating func merge(_ pair: TokenPair, into token: Int32, in word: Int, _ changes: inout [Change]) {
        let start = starts[word]
        let end = start + lengths[word]
        var (read, write) = (start, start)
        while read < end {
            guard tokens[read] == pair.left, read + 1 < end, tokens[read + 1] == pair.right else {
                tokens[write] = tokens[read]
                (read, write) = (read + 1, write + 1)
                continue
            }
            if write > start {
                let before = tokens[write - 1]
                changes.append((TokenPair(left: before, right: pair.left), -1))
                changes.append((TokenPair(left: before, right: token), 1))
            }
            if read + 2 < end {
                let after = tokens[read + 2]
                changes.append((TokenPair(left: pair.right, right: after), -1))
                changes.append((TokenPair(left: token, right: after), 1))
            }
            tokens[write] = token
            (read, write) = (read + 2, write + 1)
        }
        lengths[word] = write - start
    }
}
