import IR

/// What of the way there is kept. Two rules, joined: what is cheap is computed again from what is kept anyway; and the way there is cut into
/// segments (Chen et al., arXiv 1604.06174), of which some keep only what later ones read.
struct RecomputationChoice {
    /// Segments of the way there, and how many of them, from the first on, are computed again.
    var segments = 1
    var again = 0
    /// Share of the cheap values that are computed again, the cheapest by byte first.
    var cheap = 0.0

    static let none = RecomputationChoice()

    /// Values that are kept, and how far apart readers of a copy may be.
    func kept(_ parts: GradientParts, _ cuts: [Int]) -> (values: Set<ValueID>, reach: Int) {
        var kept: Set<ValueID> = []
        func segment(_ place: Int) -> Int { cuts.firstIndex { place < $0 } ?? cuts.count }
        let activations = Set(parts.activations)
        for node in parts.forward {
            for value in node.outputs {
                guard let place = parts.place(of: value) else { continue }
                let own = segment(place)
                let isCrossing = parts.lastReader(of: value).map { segment($0) > own } ?? false
                if own < again ? isCrossing : activations.contains(value) || isCrossing && own == again - 1 { kept.insert(value) }
            }
        }
        kept.subtract(cheapValues(parts, kept))
        // Copies of segments are read by what follows until the next segment's turn; those of cheap values soon or never.
        return (kept, again > 0 ? parts.backwardCount : max(parts.backwardCount / 16, 32))
    }

    /// Cheap values, that nothing but cheap nodes computes from others that are kept.
    private func cheapValues(_ parts: GradientParts, _ kept: Set<ValueID>) -> Set<ValueID> {
        guard cheap > 0 else { return [] }
        var derived: Set<ValueID> = []
        var found: [(value: ValueID, cost: Double)] = []
        for node in parts.forward where GradientParts.isCheap(node) && parts.isRepeatable(node) {
            let isDerived = node.inputs.allSatisfy { input in
                input.map { parts.place(of: $0) == nil || kept.contains($0) || derived.contains($0) } ?? true
            }
            guard isDerived else { continue }
            let bytes = node.outputs.reduce(0) { $0 + parts.size(of: $1) }
            for value in node.outputs {
                derived.insert(value)
                if kept.contains(value) { found.append((value, parts.flops(of: node) / Double(max(bytes, 1)))) }
            }
        }
        let count = Int((Double(found.count) * cheap).rounded(.up))
        return Set(found.sorted { ($0.cost, $0.value) < ($1.cost, $1.value) }.prefix(count).map(\.value))
    }
}

extension GradientParts {
    /// Places where the way there is cut into `count` segments whose activations take about as much memory, where little crosses.
    func cuts(_ count: Int) -> [Int] {
        guard count > 1, forward.count > count else { return [] }
        let isActivation = Set(activations)
        var (sums, crossing): ([Int], [Int]) = ([], [])
        var (sum, alive) = (0, 0)
        var ends: [Int: Int] = [:]
        for (place, node) in forward.enumerated() {
            for value in node.outputs {
                if isActivation.contains(value) { sum += size(of: value) }
                guard let last = lastReader(of: value), last > place else { continue }
                alive += size(of: value)
                ends[last, default: 0] += size(of: value)
            }
            alive -= ends[place] ?? 0
            sums.append(sum)
            crossing.append(alive)
        }
        var found: [Int] = []
        for index in 1..<count {
            let (low, high) = (sum / count * index - sum / count / 3, sum / count * index + sum / count / 3)
            let near = sums.indices.filter { sums[$0] >= low && sums[$0] <= high && $0 + 1 < forward.count && $0 + 1 > (found.last ?? 0) }
            if let best = near.min(by: { (crossing[$0], $0) < (crossing[$1], $1) }) { found.append(best + 1) }
        }
        return found
    }
}
