import FourMSampling
import FourMSettings
import FourMText
import IR

extension Sampler {
    /// Generates one text target several times, independently of each other, and joins the results in their order
    /// (`generate_sam_dense` of the reference; duplicates are merged where masks are decoded). The sampler's listeners hear of every
    /// token, of every batch of passes as a step, and of every pass.
    ///
    /// - Parameters:
    ///   - schedule: its steps for `target` are carried out; others are left alone.
    ///   - batchSize: passes computed together, of one sample or several.
    ///   - end: `[EOS]`, which is cut off each pass with what follows it.
    /// - Throws: ``FourMError`` if the target was not prepared; what ``generate(_:schedule:)`` throws.
    package func generatePasses(
        _ set: ModalitySet, schedule: ChainedSchedule, target: String = "sam_instance", passes: Int, batchSize: Int = 8, end: Int? = nil
    ) throws -> ModalitySet {
        guard set[target] != nil else { throw FourMError("target '\(target)' was not prepared in the modality set") }
        guard passes >= 1, batchSize >= 1 else { throw FourMError("'\(target)' needs at least one pass and a batch of one", .request) }
        let own = ChainedSchedule(steps: schedule.steps.filter { $0.target == target })
        guard own.steps.allSatisfy({ $0.scheme == .autoregressive }) else {
            throw FourMError("'\(target)' is no text; passes cannot be joined")
        }
        let all = (0..<set.batch).flatMap { row in (0..<passes).map { (row: row, pass: $0) } }
        var joined = [[Int]](repeating: [], count: set.batch)
        for start in stride(from: 0, to: all.count, by: batchSize) {
            let part = all[start..<min(start + batchSize, all.count)]
            let sampler = Sampler(model, options: options)
            sampler.options.rows = part.map { row, pass in
                var key = options.key(row)
                key.pass = pass
                return key
            }
            (sampler.onStep, sampler.onToken) = (onStep, onToken)
            let result = try sampler.generate(set.rows(part.map(\.row)), schedule: own)
            guard let batch = result[target] else { continue }
            for (index, (row, _)) in part.enumerated() {
                let ids = batch.tokens[index].indices.filter { !batch.inputMask[index][$0] }.map { batch.tokens[index][$0] }
                let own = end.map { idsBeforeEnd(ids, end: $0) } ?? ids
                joined[row] += own
                try onPass?(
                    PassProgress(target: target, key: sampler.options.key(index), passes: passes, tokens: own, joined: joined[row]))
            }
        }
        let padded = PaddedSequences(padding: joined, with: options.paddingID)
        var out = set
        out[target] = ModalityBatch(
            .tokens(padded.ids), inputMask: padded.isPadding, targetMask: padded.ids.map { $0.map { _ in true } },
            decoderAttention: padded.ids.map { $0.map { _ in 0 } })
        return out
    }
}
