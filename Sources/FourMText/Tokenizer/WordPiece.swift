/// The WordPiece model: the longest known piece first, again and again; a word that cannot be covered is unknown.
///
/// Source: Hugging Face `tokenizers`, model WordPiece.
struct WordPiece: Sendable {
    let unknownID: Int32
    let maximumCharacters: Int
    let trie: ByteTrie
    /// Where pieces that continue a word start in the trie; nil when no token has the prefix.
    let continuation: Int32?

    init(trie: ByteTrie, unknownID: Int32, prefix: String, maximumCharacters: Int) {
        self.trie = trie
        self.unknownID = unknownID
        self.maximumCharacters = maximumCharacters
        continuation = trie.node(along: prefix.utf8)
    }

    /// Appends the ids of the pieces of one word, given as UTF-8.
    func encode(_ word: ArraySlice<UInt8>, into ids: inout [Int32]) {
        let characters = word.reduce(into: 0) { $0 += $1 & 0xC0 == 0x80 ? 0 : 1 }
        guard characters <= maximumCharacters else {
            ids.append(unknownID)
            return
        }
        let mark = ids.count
        var start = word.startIndex
        while start < word.endIndex {
            let node = start == word.startIndex ? ByteTrie.root : continuation
            guard let node, let match = trie.longestMatch(in: word, from: start, at: node) else {
                ids.removeSubrange(mark...)
                ids.append(unknownID)
                return
            }
            ids.append(match.value)
            start = match.end
        }
    }
}
