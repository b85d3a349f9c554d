import IR

extension Sampler {
    /// One MaskGIT or ROAR step: predicts open positions of the target and writes the chosen ones into `set`.
    func decodeDense(
        _ step: GenerationStep, _ index: Int, _ total: Int, _ branches: Branches, _ set: inout ModalitySet
    ) throws -> (positions: [[Int]], tokens: [[Int]]) {
        guard let batch = set[step.target] else { throw FourMError("target '\(step.target)' is not in the set") }
        let open = batch.targetMask.map { mask in mask.indices.filter { !mask[$0] } }
        let wanted = max(step.numTokens ?? open.first?.count ?? 0, 0)
        let replayed = options.replayedPositions?(index)
        let queried = step.scheme == .roar ? replayed ?? randomOrder(open, wanted, step, index) : open
        guard let count = queried.first?.count, queried.allSatisfy({ $0.count == count }) else {
            throw FourMError("the rows of '\(step.target)' have different numbers of open positions; generate them one by one")
        }
        if count == 0 { return (queried, queried.map { _ in [] }) }
        let logits = branches.combine(try model.branchLogits(step.target, positions: queried, branches.sets))
        let drawn = try draw(logits, step, index)
        var positions = queried
        if step.scheme == .maskgit {
            positions = zip(queried, drawn).map { mostCertain($0, $1, wanted) }
            if let replayed { positions = replayed }
        }
        let tokens = zip(zip(queried, drawn), positions).map { pair, chosen in pick(pair.0, pair.1, chosen) }
        write(positions, tokens, step.target, &set)
        onStep?(Progress(step: index, total: total, target: step.target, positions: positions, tokens: tokens, logits: logits, set: set))
        return (positions, tokens)
    }

    /// The first `count` of each row's open positions in a random order.
    private func randomOrder(_ open: [[Int]], _ count: Int, _ step: GenerationStep, _ index: Int) -> [[Int]] {
        open.enumerated().map { row, positions in
            let order = random(row: row, target: step.target, step: index).substream("order").permutation(positions.count)
            return order.prefix(count).map { positions[$0] }
        }
    }

    /// A token and its probability for each queried position.
    private func draw(_ logits: Tensor, _ step: GenerationStep, _ index: Int) throws -> [[SampledToken]] {
        let (rows, count, vocabulary) = (logits.shape[0], logits.shape[1], logits.shape[2])
        var sampler = try sampler(step.temperature)
        return try logits.bytes.buffer.withMemoryRebound(to: Float.self) { values in
            try (0..<rows).map { row in
                let random = random(row: row, target: step.target, step: index)
                return try (0..<count).map { position in
                    let start = (row * count + position) * vocabulary
                    return try sampler.sample(
                        UnsafeBufferPointer(rebasing: values[start..<start + vocabulary]), uniform: random.uniform(at: UInt64(position)))
                }
            }
        }
    }

    /// Positions of the `count` most probable draws, most probable first; ties by position. Also at temperature 0, where the
    /// reference's choice is arbitrary (Docs/numerics.md).
    private func mostCertain(_ positions: [Int], _ drawn: [SampledToken], _ count: Int) -> [Int] {
        let order = drawn.indices.sorted { (drawn[$1].probability, $0) < (drawn[$0].probability, $1) }
        return order.prefix(count).map { positions[$0] }
    }

    private func pick(_ queried: [Int], _ drawn: [SampledToken], _ chosen: [Int]) -> [Int] {
        let table = Dictionary(zip(queried, drawn.map { Int($0.token) }), uniquingKeysWith: { first, _ in first })
        return chosen.map { table[$0] ?? 0 }
    }

    func write(_ positions: [[Int]], _ tokens: [[Int]], _ target: String, _ set: inout ModalitySet) {
        guard var batch = set[target] else { return }
        var ids = batch.tokens
        for row in positions.indices {
            for (position, token) in zip(positions[row], tokens[row]) where ids[row].indices.contains(position) {
                ids[row][position] = token
                batch.inputMask[row][position] = false
                batch.targetMask[row][position] = true
            }
        }
        batch.tokens = ids
        set[target] = batch
    }

    /// Generates dense targets under several weighted conditions (`generate_multi_guided` of the reference).
    ///
    /// `conditions[i]` enters with the i-th weight of each step. A finished target leaves the conditions and becomes one of its own,
    /// whose weight follows the others.
    public func generateMultiGuided(
        _ base: ModalitySet, conditions: [ModalitySet], schedule: ChainedSchedule
    ) throws -> ModalitySet {
        guard var current = schedule.steps.first?.target else { return base }
        var base = base
        var conditions = conditions
        for index in conditions.indices { conditions[index][current] = base[current] }
        for (index, step) in schedule.steps.enumerated() {
            try check(step, base)
            if step.target != current { try rotate(from: &current, to: step.target, &base, &conditions) }
            guard step.cfgScale.values.count == conditions.count else {
                throw FourMError("step \(index) has \(step.cfgScale.values.count) guidance weights for \(conditions.count) conditions")
            }
            let branches = Branches(base: base, conditions: Array(zip(conditions, step.cfgScale.values)).map { (set: $0.0, weight: $0.1) })
            let written = try decodeDense(step, index, schedule.steps.count, branches, &base)
            for condition in conditions.indices { write(written.positions, written.tokens, step.target, &conditions[condition]) }
        }
        return base
    }

    private func rotate(
        from current: inout String, to next: String, _ base: inout ModalitySet, _ conditions: inout [ModalitySet]
    ) throws {
        guard var finished = base[current] else { return }
        for index in conditions.indices {
            conditions[index][current] = nil
            conditions[index][next] = base[next]
        }
        base[current]?.inputMask = ModalityBatch.rows(finished.batch, finished.length, true)
        finished.inputMask = ModalityBatch.rows(finished.batch, finished.length, false)
        finished.targetMask = ModalityBatch.rows(finished.batch, finished.length, true)
        var condition = ModalitySet()
        condition[current] = finished
        condition[next] = base[next]
        conditions.append(condition)
        current = next
    }
}
