/// Reads the words of which 4M writes structures: names and coordinates such as `v0=12`.
package enum StructureWords {
    /// A coordinate token: the axis of `v0` … `v3` and its value.
    struct Coordinate: Equatable {
        var axis: Int
        var value: Int
    }

    /// The words of a decoded string without `[EOS]` and `[PAD]`.
    static func words(_ text: String) -> [Substring] {
        rawWords(text).filter { !isSpecial($0) }
    }

    /// The words of a string, cut at any white space.
    package static func rawWords(_ text: String) -> [Substring] {
        text.unicodeScalars.split { $0.isWhitespace }.map { Substring($0) }
    }

    static func isSpecial(_ word: Substring) -> Bool { word == "[EOS]" || word == "[PAD]" }

    /// The parts of `v<axis>=<number>`, nil for any other word.
    static func coordinate(_ word: Substring) -> Coordinate? {
        let units = word.utf8
        guard let axis = units.dropFirst().first, units.first == UInt8(ascii: "v"), axis >= 0x30, axis <= 0x33,
            units.dropFirst(2).first == UInt8(ascii: "="), let value = number(units.dropFirst(3))
        else { return nil }
        return Coordinate(axis: Int(axis) - 0x30, value: value)
    }

    /// Up to nine decimal digits, so that arithmetic on the value cannot overflow.
    private static func number(_ digits: Substring.UTF8View.SubSequence) -> Int? {
        guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }

    /// The values of `count` coordinates from `start` on, nil when one is missing or is none.
    static func values(_ words: ArraySlice<Substring>, from start: Int, count: Int) -> [Coordinate]? {
        guard start >= words.startIndex, start + count <= words.endIndex else { return nil }
        let values = words[start..<start + count].compactMap { coordinate($0) }
        return values.count == count ? values : nil
    }
}
