import FourMSampling
import FourMSettings
import IR
import Runtime

extension Sampler {
    /// One MaskGIT or ROAR step: predicts open positions of the target and writes the chosen ones into `set`.
    ///
    /// A row with fewer open positions than the target's steps decode joins late: after this step as many are left as later steps
    /// decode (`continue_schedule` of the reference). Rows with different numbers are computed apart from each other.
    func decodeDense(
        _ index: Int, _ schedule: ChainedSchedule, _ branches: Branches, _ set: inout ModalitySet
    ) throws -> (positions: [[Int]], tokens: [[Int]]) {
        try TimeSpan.measure(.step, schedule.steps[index].target) { try decodeStep(index, schedule, branches, &set) }
    }

    private func decodeStep(
        _ index: Int, _ schedule: ChainedSchedule, _ branches: Branches, _ set: inout ModalitySet
    ) throws -> (positions: [[Int]], tokens: [[Int]]) {
        let step = schedule.steps[index]
        guard let batch = set[step.target] else { throw FourMError("target '\(step.target)' is not in the set") }
        let open = batch.targetMask.map { mask in mask.indices.filter { !mask[$0] } }
        let left = schedule.left(after: index)
        let wanted = open.map { row in step.numTokens.map { min(max(row.count - left, 0), max($0, 0)) } ?? row.count }
        let replayed = options.replayedPositions?(index)
        let queried = step.scheme == .roar ? replayed ?? randomOrder(open, wanted, step, index) : zip(open, wanted).map { $1 > 0 ? $0 : [] }
        let (drawn, logits) = try predict(queried, step, index, branches)
        var positions = queried
        if step.scheme == .maskgit {
            positions = zip(zip(queried, drawn), wanted).map { mostCertain($0.0, $0.1, $1) }
            if let replayed { positions = replayed }
        }
        let predicted = zip(queried, drawn).map { positions, tokens in
            Dictionary(zip(positions, tokens.map { Int($0.token) }), uniquingKeysWith: { first, _ in first })
        }
        let tokens = zip(positions, predicted).map { chosen, table in chosen.map { table[$0] ?? 0 } }
        write(positions, tokens, step.target, &set)
        TimeSpan.count(tokens.reduce(0) { $0 + $1.count })
        try onStep?(
            Progress(
                step: index, total: schedule.steps.count, target: step.target, positions: positions, tokens: tokens, predicted: predicted,
                logits: logits, set: set))
        return (positions, tokens)
    }

    /// Draws for the queried positions, rows of one count at a time, and the logits where one pass served all rows.
    private func predict(
        _ queried: [[Int]], _ step: GenerationStep, _ index: Int, _ branches: Branches
    ) throws -> (drawn: [[SampledToken]], logits: Tensor?) {
        var drawn = [[SampledToken]](repeating: [], count: queried.count)
        var shown: Tensor?
        let groups = Dictionary(grouping: queried.indices) { queried[$0].count }
        for (count, rows) in groups.sorted(by: { $0.key < $1.key }) where count > 0 {
            let isAll = rows.count == queried.count
            let part = isAll ? branches : branches.rows(rows)
            let logits = part.combine(try model.branchLogits(step.target, positions: rows.map { queried[$0] }, part.sets))
            let tokens = try TimeSpan.measure(.sample) {
                try options.draw(logits, rows: rows, target: step.target, step: index, temperature: step.temperature)
            }
            for (row, tokens) in zip(rows, tokens) { drawn[row] = tokens }
            if isAll { shown = logits }
        }
        return (drawn, shown)
    }

    /// The first of each row's open positions in a random order.
    private func randomOrder(_ open: [[Int]], _ counts: [Int], _ step: GenerationStep, _ index: Int) -> [[Int]] {
        zip(open, counts).enumerated().map { row, pair in
            options.order(pair.0, first: pair.1, row: row, target: step.target, step: index)
        }
    }

    /// Positions of the `count` most probable draws, most probable first; ties by position. Also at temperature 0, where the
    /// reference's choice is arbitrary (Docs/numerics.md).
    private func mostCertain(_ positions: [Int], _ drawn: [SampledToken], _ count: Int) -> [Int] {
        let order = drawn.indices.sorted { (drawn[$1].probability, $0) < (drawn[$0].probability, $1) }
        return order.prefix(count).map { positions[$0] }
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
}
