/// Two neighbouring tokens of a word.
struct TokenPair: Hashable, Sendable {
    let left: Int32
    let right: Int32
}

/// A pair that may become a token, and where it may be.
struct PairCandidate: Sendable {
    let pair: TokenPair
    /// Occurrences when it was put into the queue, which may have become fewer or more since.
    var count: Int
    /// Number of the merge that made it: of equal ones the older comes first.
    let age: Int
    /// Words that it was seen in.
    let words: [Int32]

    /// The more frequent pair first, then that of the smaller ids.
    func comes(before other: PairCandidate) -> Bool {
        if count != other.count { return count > other.count }
        if pair.left != other.pair.left { return pair.left < other.pair.left }
        if pair.right != other.pair.right { return pair.right < other.pair.right }
        return age < other.age
    }
}

/// Candidates by their order (a binary heap).
struct MergeQueue: Sendable {
    private var heap: [PairCandidate] = []

    mutating func push(_ candidate: PairCandidate) {
        heap.append(candidate)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].comes(before: heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> PairCandidate? {
        guard heap.count > 1 else { return heap.popLast() }
        heap.swapAt(0, heap.count - 1)
        let first = heap.popLast()
        var parent = 0
        while true {
            var best = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].comes(before: heap[best]) { best = child }
            guard best != parent else { return first }
            heap.swapAt(best, parent)
            parent = best
        }
    }
}
