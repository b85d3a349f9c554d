/// How often each word occurs. The bytes of all words lie in one array, so that a word costs little more than its letters.
package struct WordCounts: Sendable {
    /// Distinct words.
    package var count: Int { counts.count }
    /// Occurrences of each word, by index.
    package private(set) var counts: [Int] = []
    /// Words that were forgotten to make room, and how often the most frequent of them had been seen by then.
    package private(set) var forgotten: (words: Int, atMost: Int) = (0, 0)

    /// Word i is `bytes[starts[i]..<starts[i + 1]]`.
    private var bytes: [UInt8] = []
    private var starts: [Int] = [0]
    /// Open addressing: index + 1 of a word, 0 where there is none. The count is a power of two.
    private var slots: [Int32]
    private let limit: Int

    /// - Parameter limit: distinct words that are held at most, 2 or more; beyond it rare ones are forgotten.
    package init(limit: Int) {
        self.limit = min(max(limit, 2), Int(Int32.max) / 2)
        slots = [Int32](repeating: 0, count: 1 << 10)
    }

    /// The word `index` in UTF-8.
    package func word(_ index: Int) -> ArraySlice<UInt8> { bytes[starts[index]..<starts[index + 1]] }

    /// Counts `times` occurrences of `word` (UTF-8, not empty).
    package mutating func add(_ word: ArraySlice<UInt8>, times: Int = 1) {
        let slot = slot(of: word)
        if slots[slot] > 0 {
            counts[Int(slots[slot]) - 1] += times
            return
        }
        bytes.append(contentsOf: word)
        starts.append(bytes.count)
        counts.append(times)
        slots[slot] = Int32(counts.count)
        if counts.count > limit { forgetRareWords() } else if counts.count * 2 > slots.count { rehash(slots.count * 2) }
    }

    /// Where `word` is, or would be put.
    private func slot(of word: ArraySlice<UInt8>) -> Int {
        var hasher = Hasher()
        word.withUnsafeBytes { hasher.combine(bytes: $0) }
        let mask = slots.count - 1
        var slot = hasher.finalize() & mask
        while slots[slot] > 0, !isWord(Int(slots[slot]) - 1, word) { slot = (slot + 1) & mask }
        return slot
    }

    private func isWord(_ index: Int, _ word: ArraySlice<UInt8>) -> Bool {
        let start = starts[index]
        return starts[index + 1] - start == word.count && bytes[start..<start + word.count].elementsEqual(word)
    }

    private mutating func rehash(_ size: Int) {
        slots = [Int32](repeating: 0, count: size)
        for index in counts.indices { slots[slot(of: word(index))] = Int32(index + 1) }
    }

    /// Keeps the more frequent half of the words: those seen once go, then those seen twice, until half of the room is free.
    private mutating func forgetRareWords() {
        let sorted = counts.sorted(by: >)
        // One that is as rare as the last of that half goes too.
        let threshold = sorted[min(limit / 2, sorted.count - 1)]
        let old = self
        (bytes, starts, counts) = ([], [0], [])
        slots = [Int32](repeating: 0, count: old.slots.count)
        for index in old.counts.indices where old.counts[index] > threshold { add(old.word(index), times: old.counts[index]) }
        forgotten = (forgotten.words + old.count - count, max(forgotten.atMost, threshold))
    }
}
