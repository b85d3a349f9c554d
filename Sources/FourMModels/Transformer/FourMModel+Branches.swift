import IR

/// Several sets of one sample or batch, as guidance has them: which of them are computed together.
extension FourMModel {
    /// Logits of several sets as branches, in their order. Those that ``sharedBatches(_:)`` names together are one batch.
    package func branchLogits(_ target: String, positions: [[Int]], _ sets: [ModalitySet]) throws -> [Tensor] {
        var results = [Tensor?](repeating: nil, count: sets.count)
        for group in sharedBatches(sets) {
            let state = try encode(group.map { sets[$0] })
            let all = try logits(target, positions: [[[Int]]](repeating: positions, count: group.count).flatMap { $0 }, state)
            for (order, index) in group.enumerated() {
                results[index] = RowMatrix.slice(all, order * positions.count..<(order + 1) * positions.count)
            }
        }
        return results.compactMap { $0 }
    }

    /// States to decode sets from, in their order: one for all where padding cannot change a result, as then each step reads the
    /// decoder's weights once; else one each. Sets of very different lengths are encoded apart all the same.
    func branchStates(_ sets: [ModalitySet]) throws -> [EncoderState] {
        var states = [EncoderState?](repeating: nil, count: sets.count)
        for group in sharedBatches(sets) {
            let together = try encode(group.map { sets[$0] })
            var first = 0
            for index in group {
                states[index] = together.rows(first..<first + sets[index].batch)
                first += sets[index].batch
            }
        }
        let found = states.compactMap { $0 }
        return canShareBatch(sets) ? [EncoderState(joining: found)] : found
    }

    /// Whether padding the sets to one length changes no result (in int8, none by more than its rounding): a row that sees nothing attends uniformly over its padding, so its
    /// length matters; every row of every set must see a token.
    func canShareBatch(_ sets: [ModalitySet]) -> Bool { sets.allSatisfy { visibleCounts($0).allSatisfy { $0 > 0 } } }

    /// Indices of the sets by the batches in which they are best computed, longest first: sets share one where padding
    /// costs less than a second reading of the weights would; none do if one of them sees nothing (``canShareBatch(_:)``). An
    /// unguided branch often sees two tokens where the guided one sees hundreds.
    func sharedBatches(_ sets: [ModalitySet]) -> [[Int]] {
        guard canShareBatch(sets) else { return sets.indices.map { [$0] } }
        let sizes = sets.map { set in (rows: set.batch, longest: visibleCounts(set).max() ?? 0) }
        var groups: [[Int]] = []
        for index in sets.indices.sorted(by: { (sizes[$1].longest, $0) < (sizes[$0].longest, $1) }) {
            guard let last = groups.last, let longest = last.first.map({ sizes[$0].longest }) else {
                groups.append([index])
                continue
            }
            let before = last.reduce(0) { $0 + sizes[$1].rows }
            let together = FourMModel.cost((before + sizes[index].rows) * longest)
            let apart = FourMModel.cost(before * longest) + FourMModel.cost(sizes[index].rows * sizes[index].longest)
            if together <= apart { groups[groups.count - 1].append(index) } else { groups.append([index]) }
        }
        return groups
    }

    /// Time of a batch with so many encoder tokens, in tokens. Reading the encoder's weights takes as long as about 12: on AVX2
    /// 4M-B encodes two tokens in the time of 13 (f32) or 9 (int8) more of many (`bench --function encode --bind tokens=2`). The
    /// decoder's are taken for as much.
    private static func cost(_ tokens: Int) -> Int { tokens + 24 }

    /// Number of encoder tokens of each row.
    func visibleCounts(_ set: ModalitySet) -> [Int] {
        var counts = [Int](repeating: registerTokens?.shape[1] ?? 0, count: set.batch)
        for name in set.names {
            guard let batch = set[name], modalities[name]?.isInput == true else { continue }
            for (row, mask) in batch.inputMask.enumerated() where row < counts.count { counts[row] += mask.filter { !$0 }.count }
        }
        return counts
    }
}
