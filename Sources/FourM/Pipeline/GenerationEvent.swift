import IR
import Media

/// What one step wrote for one sample. Encodes to one JSON object, without the picture.
public struct GenerationEvent: Sendable {
    /// Base generation, or what follows at 448 pixels.
    public enum Stage: String, Sendable, Codable {
        case base
        case superResolution = "super_resolution"
    }

    public var sample: Int
    public var variation: Int
    public var stage: Stage
    public var target: String
    public var scheme: DecodingScheme
    /// Step of this target from 1 on; a text counts its tokens.
    public var step: Int
    /// Steps of this target; for a text the most that it can take.
    public var steps: Int
    /// Positions written by this step (image-like targets).
    public var positions: [Int]
    /// Tokens written there; of a text the newest.
    public var tokens: [Int]
    /// Positions known so far, of `size`.
    public var filled: Int
    public var size: Int
    /// How much of the sample's whole generation is done, 0…1.
    public var share: Double
    /// A text so far.
    public var text: String?
    /// A text's end.
    public var isLast: Bool
    /// What an image-like target looks like so far, where asked for and possible.
    public var picture: ByteImage?
}

extension GenerationEvent: Encodable {
    private enum CodingKeys: String, CodingKey {
        case sample, variation, stage, target, scheme, step, steps, positions, tokens, filled, size, share, text
        case isLast = "last"
    }
}

/// Makes events of a sampler's steps.
struct EventMaker {
    let keys: [SampleKey]
    let schedule: ChainedSchedule
    let stage: GenerationEvent.Stage
    let model: FourMModel
    let bundle: LoadedBundle
    let drawsDrafts: Bool

    /// Number of step `index` among those of its target, and their count.
    private func place(_ index: Int) -> (step: Int, steps: Int) {
        let target = schedule.steps[index].target
        let before = schedule.steps[...index].filter { $0.target == target }.count
        return (before, schedule.steps.filter { $0.target == target }.count)
    }

    /// Events of an image-like target's step.
    func events(_ step: Sampler.Progress, share: Double) throws -> [GenerationEvent] {
        let plan = schedule.steps[step.step]
        guard plan.scheme != .autoregressive, let batch = step.set[step.target] else { return [] }
        let place = place(step.step)
        let pictures = try drawsDrafts ? drafts(step, batch, isLast: place.step == place.steps) : []
        return keys.indices.map { row in
            let open = batch.openCount(row)
            return GenerationEvent(
                sample: keys[row].sample, variation: keys[row].variation, stage: stage, target: step.target, scheme: plan.scheme,
                step: place.step, steps: place.steps, positions: step.positions[row], tokens: step.tokens[row],
                filled: batch.length - open, size: batch.length, share: share, isLast: place.step == place.steps,
                picture: pictures.indices.contains(row) ? pictures[row] : nil)
        }
    }

    /// Events of a text's token, for the rows that it belongs to.
    func events(_ text: Sampler.TextProgress, share: Double) throws -> [GenerationEvent] {
        let tokenizer = try bundle.text()
        let number = (text.tokens.map(\.count).max() ?? 1) - 1
        return try keys.indices.compactMap { row in
            let own = text.tokens[row]
            // A row has ended before if it got no token now, or if an earlier one was its end.
            guard own.count == number + 1, let end = end(text.prepared, row), !own.dropLast().dropFirst().contains(end) else { return nil }
            let prompt = zip(text.prepared.tokens[row], text.prepared.inputMask[row]).filter { !$0.1 }.map(\.0)
            let merged = mergeGenerated(prompt: prompt, generated: own, sentinels: tokenizer.sentinels)
            let body = tokenizer.endID.map { idsBeforeEnd(merged, end: $0) } ?? merged
            return try GenerationEvent(
                sample: keys[row].sample, variation: keys[row].variation, stage: stage, target: text.target, scheme: .autoregressive,
                step: number, steps: text.limits[row], positions: [], tokens: own.last.map { [$0] } ?? [], filled: number,
                size: text.limits[row], share: share, text: tokenizer.decode(checked(body, text.target), skipSpecialTokens: false),
                isLast: text.isDone[row])
        }
    }

    private func checked(_ ids: [Int], _ target: String) throws -> [Int] {
        try model.modality(target).check(ids: ids)
        return ids
    }

    private func end(_ batch: ModalityBatch, _ row: Int) -> Int? {
        batch.targetMask[row].lastIndex(of: false).map { batch.tokens[row][$0] }
    }

    private func drafts(_ step: Sampler.Progress, _ batch: ModalityBatch, isLast: Bool) throws -> [ByteImage?] {
        let painter = DraftPainter(bundle: bundle, info: try model.modality(step.target))
        return try batch.tokens.indices.map { row in
            try painter.picture(
                tokens: batch.tokens[row], isOpen: batch.targetMask[row].map { !$0 }, predicted: step.predicted[row], isLast: isLast)
        }
    }
}
