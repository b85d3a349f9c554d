/// The characters of the counted words.
struct Alphabet: Sendable {
    /// In UTF-8, by code point.
    let characters: [[UInt8]]
    /// Those that stand behind another in a word, by code point.
    let innerCharacters: [[UInt8]]

    init(_ counts: WordCounts) {
        var (all, inner) = (Set<[UInt8]>(), Set<[UInt8]>())
        for index in 0..<counts.count {
            for (place, character) in Alphabet.characters(of: counts.word(index)).enumerated() {
                all.insert(Array(character))
                if place > 0 { inner.insert(Array(character)) }
            }
        }
        // The order of bytes is that of code points.
        characters = all.sorted { $0.lexicographicallyPrecedes($1) }
        innerCharacters = inner.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The one-character tokens within words, in the order of their ids.
    /// - Parameter order: tokens with their prefix; more than there are characters do no harm.
    /// - Throws: ``WordPieceTrainingError/continuationOrder(_:)`` for an order that lacks a character or has one twice.
    func continuations(_ order: [String]?, prefix: [UInt8]) throws(WordPieceTrainingError) -> [[UInt8]] {
        let needed = innerCharacters.map { prefix + $0 }
        guard let order else { return needed }
        var rest = Set(needed)
        var (made, seen) = ([[UInt8]](), Set<[UInt8]>())
        for token in order.map({ Array($0.utf8) }) {
            guard seen.insert(token).inserted else { throw .continuationOrder("has '\(text(token))' twice; each may be there once") }
            if rest.remove(token) != nil { made.append(token) }
        }
        guard let missing = needed.first(where: rest.contains) else { return made }
        throw .continuationOrder("lacks '\(text(missing))', which the texts have (\(rest.count) missing in all); add it")
    }

    private func text(_ token: [UInt8]) -> String { String(decoding: token, as: UTF8.self) }

    /// The characters (code points) of a word.
    static func characters(of word: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var made: [ArraySlice<UInt8>] = []
        var start = word.startIndex
        for index in word.indices.dropFirst() where word[index] & 0xC0 != 0x80 {
            made.append(word[start..<index])
            start = index
        }
        return word.isEmpty ? [] : made + [word[start...]]
    }
}
