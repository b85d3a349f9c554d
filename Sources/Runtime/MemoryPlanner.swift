/// Places buffers in one arena so that those alive at the same time never overlap.
struct MemoryPlanner {
    struct Request {
        let bytes: Int
        /// First and last step that touches the buffer.
        let lifetime: ClosedRange<Int>
    }

    static let alignment = 64

    /// Offsets in the order of the requests, and the size of the arena.
    ///
    /// Largest first; each goes to the smallest gap between its living neighbours that holds it, else behind them.
    static func place(_ requests: [Request]) -> (offsets: [Int], arenaBytes: Int) {
        var offsets = [Int](repeating: 0, count: requests.count)
        var placed: [(start: Int, end: Int, lifetime: ClosedRange<Int>)] = []
        var arena = 0
        let order = requests.indices.sorted { (requests[$1].bytes, $0) < (requests[$0].bytes, $1) }
        for index in order {
            let size = align(requests[index].bytes)
            let neighbours = placed.filter { $0.lifetime.overlaps(requests[index].lifetime) }
            let start = bestGap(for: size, between: neighbours)
            offsets[index] = start
            arena = max(arena, start + size)
            let entry = (start: start, end: start + size, lifetime: requests[index].lifetime)
            placed.insert(entry, at: insertionIndex(of: start, in: placed))
        }
        return (offsets, arena)
    }

    static func align(_ bytes: Int) -> Int { (bytes + alignment - 1) / alignment * alignment }

    /// `neighbours` are sorted by start.
    private static func bestGap(for size: Int, between neighbours: [(start: Int, end: Int, lifetime: ClosedRange<Int>)]) -> Int {
        var best: (start: Int, slack: Int)?
        var cursor = 0
        for neighbour in neighbours {
            let slack = neighbour.start - cursor - size
            if slack >= 0, best.map({ slack < $0.slack }) ?? true { best = (cursor, slack) }
            cursor = max(cursor, neighbour.end)
        }
        return best?.start ?? cursor
    }

    private static func insertionIndex(
        of start: Int, in placed: [(start: Int, end: Int, lifetime: ClosedRange<Int>)]
    ) -> Int {
        var (low, high) = (0, placed.count)
        while low < high {
            let middle = (low + high) / 2
            if placed[middle].start < start { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
