import FourMCodecs
import FourMModels
import FourMSampling
import FourMText
import IR
import Media

/// What one step wrote for one sample. Encodes to one JSON object, without the picture.
package struct GenerationEvent: Sendable {
    /// Base generation, or what follows at 448 pixels.
    package enum Stage: String, Sendable, Codable {
        case base
        case superResolution = "super_resolution"
    }

    /// What wrote it.
    package enum Kind: String, Sendable, Codable {
        /// A step of an image-like target.
        case step
        /// A token of a text.
        case text
        /// A whole pass over a text that is generated several times.
        case pass
    }

    package var kind: Kind
    package var sample: Int
    package var variation: Int
    package var stage: Stage
    package var target: String
    package var scheme: DecodingScheme
    /// Step of this target from 1 on; a text counts its tokens, or its finished passes.
    package var step: Int
    /// Steps of this target; for a text the most that it can take, or all passes.
    package var steps: Int
    /// Number of the pass from 1 on, for a text that is generated several times.
    package var pass: Int?
    /// Positions written by this step (image-like targets).
    package var positions: [Int]
    /// Tokens written there; of a text the newest; all of a pass.
    package var tokens: [Int]
    /// Positions known so far, of `size`; of passes, those finished.
    package var filled: Int
    package var size: Int
    /// How much of the sample's whole generation is done, 0…1.
    package var share: Double
    /// A text so far; of a pass, the text of all passes so far.
    package var text: String?
    /// A text's end.
    package var isLast: Bool
    /// What the target looks like so far, where asked for and possible.
    package var picture: ByteImage?
}

extension GenerationEvent: Encodable {
    private enum CodingKeys: String, CodingKey {
        case kind = "event"
        case sample, variation, stage, target, scheme, step, steps, pass, positions, tokens, filled, size, share, text
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
    /// How often the text at hand is generated.
    var passes = 1

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
                kind: .step, sample: keys[row].sample, variation: keys[row].variation, stage: stage, target: step.target,
                scheme: plan.scheme,
                step: place.step, steps: place.steps, positions: step.positions[row], tokens: step.tokens[row],
                filled: batch.length - open, size: batch.length, share: share, isLast: place.step == place.steps,
                picture: pictures.indices.contains(row) ? pictures[row] : nil)
        }
    }

    /// Events of a text's token, for the rows that it belongs to.
    func events(_ text: Sampler.TextProgress, share: Double) throws -> [GenerationEvent] {
        let tokenizer = try bundle.text()
        let number = (text.tokens.map(\.count).max() ?? 1) - 1
        return try text.keys.enumerated().compactMap { row, key in
            let own = text.tokens[row]
            // A row has ended before if it got no token now, or if an earlier one was its end.
            guard own.count == number + 1, let end = end(text.prepared, row), !own.dropLast().dropFirst().contains(end) else { return nil }
            let prompt = zip(text.prepared.tokens[row], text.prepared.inputMask[row]).filter { !$0.1 }.map(\.0)
            let merged = mergeGenerated(prompt: prompt, generated: own, sentinels: tokenizer.sentinels, end: tokenizer.endID)
            let body = tokenizer.endID.map { idsBeforeEnd(merged, end: $0) } ?? merged
            return try GenerationEvent(
                kind: .text, sample: key.sample, variation: key.variation, stage: stage, target: text.target, scheme: .autoregressive,
                step: number, steps: text.limits[row], pass: passes > 1 ? key.pass + 1 : nil, positions: [],
                tokens: own.last.map { [$0] } ?? [], filled: number,
                size: text.limits[row], share: share, text: tokenizer.decode(checked(body, text.target), skipSpecialTokens: false),
                isLast: text.isDone[row])
        }
    }

    /// The event of a finished pass, shown as all passes of its sample so far on `photo`.
    func event(_ pass: Sampler.PassProgress, photo: ByteImage?, share: Double) throws -> GenerationEvent {
        let text = try bundle.text().decode(checked(pass.joined, pass.target), skipSpecialTokens: false)
        let number = pass.key.pass + 1
        return GenerationEvent(
            kind: .pass, sample: pass.key.sample, variation: pass.key.variation, stage: stage, target: pass.target,
            scheme: .autoregressive, step: number, steps: pass.passes, pass: number, positions: [], tokens: pass.tokens, filled: number,
            size: pass.passes, share: share, text: text, isLast: number == pass.passes,
            picture: drawsDrafts ? try overlay(text, pass.target)?.drawn(on: photo) : nil)
    }

    private func overlay(_ text: String, _ name: String) throws -> Overlay? {
        var target = DecodedTarget(modality: name, tokens: [])
        try ModalityCodecs.text(of: name).present(text, &target, CodecContext(bundle))
        return target.overlay
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
