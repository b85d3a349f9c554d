import FourMSampling
import FourMSettings
import FourMText
import IR

extension ModalityBatch {
    /// A dense target of which the positions that are true in `open` are to be predicted; the others are given and stay.
    package static func partlyGiven(tokens: [[Int]], open: [[Bool]]) -> ModalityBatch {
        ModalityBatch(.tokens(tokens), inputMask: open, targetMask: open.map { $0.map { !$0 } })
    }

    /// Whether a row has something to predict.
    package var hasOpenPositions: Bool { targetMask.contains { $0.contains(false) } }

    /// Number of positions of `row` that are to be predicted.
    package func openCount(_ row: Int) -> Int { targetMask.indices.contains(row) ? targetMask[row].filter { !$0 }.count : 0 }

    /// A given text whose sentinels `[S_1]`, `[S_2]`, … are to be replaced: behind it comes a target of `tokens` places that starts with
    /// the first sentinel and ends with the one after the last. Nil if no row has a sentinel.
    /// - Throws: ``FourMError`` for rows whose sentinels are not numbered 1, 2, … in order, or that have none where others do.
    package func fillingIn(_ name: String, tokens: Int, sentinels: Sentinels, paddingID: Int) throws -> ModalityBatch? {
        let prompts = zip(self.tokens, inputMask).map { ids, mask in ids.indices.filter { !mask[$0] }.map { ids[$0] } }
        let gaps = prompts.map { $0.filter { sentinels.contains($0) } }
        guard gaps.contains(where: { !$0.isEmpty }) else { return nil }
        let length = prompts.map(\.count).max() ?? 0
        let count = max(tokens, 2)
        var made = ModalityBatch.emptyImage(batch: batch, tokens: length + count)
        var ids = made.tokens
        for (row, prompt) in prompts.enumerated() {
            guard !gaps[row].isEmpty, gaps[row] == (1...gaps[row].count).map({ sentinels.idOfNumber[$0] ?? -1 }),
                let first = gaps[row].first, let end = sentinels.idOfNumber[gaps[row].count + 1]
            else { throw FourMError("'\(name)': gaps must be [S_1], [S_2], … in this order, at least one in each text") }
            let padding = [Int](repeating: paddingID, count: length - prompt.count)
            ids[row] = prompt + padding + [first] + [Int](repeating: paddingID, count: count - 2) + [end]
            for index in 0..<length {
                made.inputMask[row][index] = index >= prompt.count
                made.targetMask[row][index] = true
            }
        }
        made.tokens = ids
        return made
    }

    /// The rows `indices`, in this order; a row may come several times.
    package func rows(_ indices: [Int]) -> ModalityBatch {
        func picked(_ tensor: Tensor) -> Tensor { RowMatrix.stack(indices.map { tensor.row($0) }) ?? tensor }
        let content: Content =
            switch self.content {
            case .tokens(let ids): .tokens(indices.map { ids[$0] })
            case .pixels(let tensor): .pixels(picked(tensor))
            case .embeddings(let tensor): .embeddings(picked(tensor))
            }
        return ModalityBatch(
            content, inputMask: indices.map { inputMask[$0] }, targetMask: indices.map { targetMask[$0] },
            decoderAttention: decoderAttention.map { rows in indices.map { rows[$0] } })
    }

    /// What is known of a finished target, as a condition: nothing to predict. A text's input mask tells what is known of it.
    package func asCondition(isText: Bool) -> ModalityBatch {
        var made = self
        if !isText { made.inputMask = targetMask.map { $0.map { !$0 } } }
        made.targetMask = ModalityBatch.rows(batch, length, true)
        return made
    }
}

extension ModalitySet {
    /// The rows `indices` of every modality.
    package func rows(_ indices: [Int]) -> ModalitySet {
        var made = ModalitySet()
        for name in names { made[name] = self[name]?.rows(indices) }
        return made
    }
}

extension Branches {
    /// The rows `indices` of every branch.
    func rows(_ indices: [Int]) -> Branches {
        Branches(base: base.rows(indices), conditions: conditions.map { (set: $0.set.rows(indices), weight: $0.weight) })
    }
}

extension ChainedSchedule {
    /// Tokens of the same target that steps after `index` decode.
    package func left(after index: Int) -> Int {
        guard steps.indices.contains(index) else { return 0 }
        return steps[(index + 1)...].filter { $0.target == steps[index].target }.reduce(0) { $0 + max($1.numTokens ?? 0, 0) }
    }
}
