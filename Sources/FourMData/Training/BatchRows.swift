import FourMModels
import FourMSettings
import FourMTraining
import IR

/// Puts masked samples together to a batch. Modalities that a sample lacks are masked altogether.
///
/// Source: `make_empty_mod_dict` in `fourm/data/unified_datasets.py`.
struct BatchRows: Sendable {
    let modalities: TrainingModalities
    let paddingID: Int

    func set(_ samples: [MaskedSample]) throws -> ModalitySet {
        var set = ModalitySet()
        for info in modalities.all { set[info.name] = try batch(info, samples.map { $0.parts[info.name] }) }
        return set
    }

    private func batch(_ info: ModalityInfo, _ parts: [MaskedSample.Part?]) throws -> ModalityBatch {
        let positions = modalities.positions(info)
        let (hidden, none) = ([Bool](repeating: true, count: positions), [Int](repeating: 0, count: positions))
        return ModalityBatch(
            try content(info, parts, positions), inputMask: parts.map { $0?.masked.inputMask ?? hidden },
            targetMask: parts.map { $0?.masked.targetMask ?? hidden }, decoderAttention: parts.map { $0?.masked.decoderAttention ?? none })
    }

    private func content(_ info: ModalityInfo, _ parts: [MaskedSample.Part?], _ positions: Int) throws -> ModalityBatch.Content {
        if info.encoder == .imagePatches {
            let side = info.inputSize ?? modalities.imageSize
            let size = (info.channels ?? 3) * side * side
            return .pixels(Tensor(try floats(info, parts, size) { content, _ in content }, [parts.count, info.channels ?? 3, side, side]))
        }
        if info.encoder == .sequenceEmbedding {
            let width = info.embeddingDim ?? 0
            let values = try floats(info, parts, positions * width) { vectors, masked in BatchRows.rows(vectors, masked, width, positions) }
            return .embeddings(Tensor(values, [parts.count, positions, width]))
        }
        let padding = [Int](repeating: info.isSequence ? paddingID : 0, count: positions)
        return .tokens(
            try parts.map { part in
                guard let part else { return padding }
                let ids = if case .tokens(let ids) = part.content { ids } else { part.masked.ids ?? padding }
                guard ids.count == positions else { throw FourMError("'\(info.name)' has \(ids.count) ids, not \(positions)", .fault) }
                return ids
            })
    }

    private func floats(
        _ info: ModalityInfo, _ parts: [MaskedSample.Part?], _ size: Int, _ take: ([Float], MaskedModality) -> [Float]
    ) throws -> [Float] {
        var all: [Float] = []
        all.reserveCapacity(parts.count * size)
        for part in parts {
            var own: [Float] = []
            switch part?.content {
            case .pixels(let values), .vectors(let values): own = part.map { take(values, $0.masked) } ?? []
            default: own = [Float](repeating: 0, count: size)
            }
            guard own.count == size else { throw FourMError("'\(info.name)' has \(own.count) values, not \(size)", .fault) }
            all += own
        }
        return all
    }

    /// The vectors that stand at each position; zeros elsewhere.
    private static func rows(_ vectors: [Float], _ masked: MaskedModality, _ width: Int, _ positions: Int) -> [Float] {
        var rows = [Float](repeating: 0, count: positions * width)
        for (position, number) in (masked.vectors ?? []).prefix(positions).enumerated() {
            guard let number, number >= 0, (number + 1) * width <= vectors.count else { continue }
            rows.replaceSubrange(position * width..<(position + 1) * width, with: vectors[number * width..<(number + 1) * width])
        }
        return rows
    }
}
