/// A token that is found in the text before words are cut (an entry of `added_tokens`).
package struct AddedToken: Sendable, Equatable {
    package var id: Int
    package var content: String
    /// Dropped by `decode(_:skipSpecialTokens:)`.
    package var isSpecial: Bool
    /// Found only between characters that are no part of a word.
    package var isSingleWord: Bool
    /// Swallows white space on its left.
    package var stripsLeft: Bool
    /// Swallows white space on its right.
    package var stripsRight: Bool
    /// Looked for in normalised text; otherwise in the text as it came.
    package var isNormalized: Bool
}

/// Finds added tokens: leftmost first, the longest at each place, without overlap.
///
/// The cost is at most (text length) x (longest token), and tokens are limited in length when a file is loaded. A match
/// that `isSingleWord` rejects still consumes its text, as in Hugging Face `tokenizers`. Unlike there,
/// white space that the token before has swallowed is not matched again.
struct AddedTokenMatcher: Sendable {
    struct Piece: Equatable {
        /// Index of the token in `tokens`, nil for text in between.
        var token: Int?
        var range: Range<Int>
    }

    private let tokens: [AddedToken]
    private var trie: ByteTrie

    /// - Parameter patterns: what to look for, in order of precedence, with an index in `tokens` each.
    init(tokens: [AddedToken], patterns: [(bytes: [UInt8], token: Int)]) {
        self.tokens = tokens
        trie = ByteTrie(capacity: patterns.reduce(0) { $0 + $1.bytes.count })
        for pattern in patterns where !pattern.bytes.isEmpty {
            trie.insert(pattern.bytes, value: Int32(pattern.token))
        }
    }

    /// Cuts UTF-8 bytes into tokens and the text between them; no piece is empty.
    func pieces(of bytes: ArraySlice<UInt8>) -> [Piece] {
        var pieces: [Piece] = []
        var done = bytes.startIndex
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard let match = trie.longestMatch(in: bytes, from: index) else {
                index += 1
                continue
            }
            let token = tokens[Int(match.value)]
            var start = index
            var stop = match.end
            index = match.end
            if start < done || (token.isSingleWord && touchesWord(bytes, start, stop)) { continue }
            if token.stripsLeft { start = spaceStart(bytes, before: start, limit: done) }
            if token.stripsRight { stop = spaceEnd(bytes, from: stop) }
            if done < start { pieces.append(Piece(token: nil, range: done..<start)) }
            pieces.append(Piece(token: Int(match.value), range: start..<stop))
            done = stop
        }
        if done < bytes.endIndex { pieces.append(Piece(token: nil, range: done..<bytes.endIndex)) }
        return pieces
    }

    private func touchesWord(_ bytes: ArraySlice<UInt8>, _ start: Int, _ stop: Int) -> Bool {
        UTF8Text.scalar(in: bytes, before: start)?.isWord == true
            || UTF8Text.scalar(in: bytes, at: stop)?.isWord == true
    }

    private func spaceStart(_ bytes: ArraySlice<UInt8>, before index: Int, limit: Int) -> Int {
        var start = index
        while start > limit, let scalar = UTF8Text.scalar(in: bytes, before: start), scalar.isWhitespace {
            start -= UTF8.width(scalar)
        }
        return start
    }

    private func spaceEnd(_ bytes: ArraySlice<UInt8>, from index: Int) -> Int {
        var end = index
        while let scalar = UTF8Text.scalar(in: bytes, at: end), scalar.isWhitespace { end += UTF8.width(scalar) }
        return end
    }
}
