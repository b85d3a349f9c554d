import FourMSettings
import IR

/// One kept position of the training decoder.
struct DecoderToken {
    var modality: String
    /// The token it stands at (sequences) and the one to predict.
    var id: Int
    var targetID: Int
    var position: Int
    var attention: Int
    var isPadding: Bool

    /// Whether a token of modality `name` is predicted here.
    func isTarget(_ name: String) -> Bool { !isPadding && modality == name }
}

extension BatchLayout {
    /// Each row's first `limit` decoder tokens, targets before padding.
    func decoderRows(_ set: ModalitySet, _ order: [String], limit: Int) throws -> [[DecoderToken]] {
        var rows = [[DecoderToken]](repeating: [], count: set.batch)
        for name in order {
            let info = try modality(name)
            guard info.isOutput, let batch = set[name], let attention = batch.decoderAttention else {
                throw FourMError("'\(name)' cannot be trained on: it needs tokens, a decoder attention mask and a decoder in this model")
            }
            guard batch.batch == set.batch, attention.map(\.count) == batch.tokens.map(\.count) else {
                throw FourMError("rows, tokens and attention mask of '\(name)' do not fit")
            }
            try info.check(ids: batch.tokens.flatMap { $0 })
            for row in rows.indices { rows[row] += tokens(info, batch, attention[row], row) }
        }
        return rows.map { row in Array((row.filter { !$0.isPadding } + row.filter(\.isPadding)).prefix(limit)) }
    }

    private func tokens(_ info: ModelModality, _ batch: ModalityBatch, _ attention: [Int], _ row: Int) -> [DecoderToken] {
        let (ids, mask) = (batch.tokens[row], batch.targetMask[row])
        guard info.isSequence else {
            return ids.indices.map { index in
                DecoderToken(
                    modality: info.name, id: 0, targetID: ids[index], position: index, attention: attention[index],
                    isPadding: mask[index])
            }
        }
        var seen = 0
        return ids.indices.dropLast().map { index in
            defer { if !mask[index] { seen += 1 } }
            return DecoderToken(
                modality: info.name, id: ids[index], targetID: ids[index + 1], position: seen, attention: attention[index],
                isPadding: mask[index] || mask[index + 1])
        }
    }

    /// bool [batch, n, n] (`adapt_decoder_attention_mask` of the reference). Padding takes part as it stands.
    func mask(_ rows: [[DecoderToken]]) -> Tensor {
        let count = rows.first?.count ?? 0
        var flags: [Bool] = []
        flags.reserveCapacity(rows.count * count * count)
        for row in rows {
            var sum = 0
            for (index, token) in row.enumerated() {
                sum += token.attention
                for (other, seen) in row.enumerated() {
                    let isHidden = isCausal ? other > index : other >= sum
                    flags.append(isHidden || separates && seen.modality != token.modality)
                }
            }
        }
        return Tensor(bools: flags, [rows.count, count, count])
    }
}
