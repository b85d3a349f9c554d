import IR

extension FourMModel {
    /// As ``BatchLayout/lossInputs(_:decoderOrder:encoderTokens:decoderTokens:loss:)``.
    package func lossInputs(
        _ set: ModalitySet, decoderOrder: [String], encoderTokens: Int, decoderTokens: Int, loss: LossType
    ) throws -> [String: Tensor] {
        try layout.lossInputs(set, decoderOrder: decoderOrder, encoderTokens: encoderTokens, decoderTokens: decoderTokens, loss: loss)
    }

    /// What the decoder is to predict at each of its positions: the modality's number (-1 for padding) and the token's id (0 for padding).
    /// - Throws: as ``lossInputs(_:decoderOrder:encoderTokens:decoderTokens:loss:)``.
    package func lossTargets(_ set: ModalitySet, decoderOrder: [String], decoderTokens: Int) throws -> (modalities: [[Int]], ids: [[Int]]) {
        let rows = try layout.decoderRows(set, decoderOrder, limit: max(decoderTokens, 0))
        return (
            try rows.map { try $0.map { $0.isPadding ? -1 : try modality($0.modality).id } },
            rows.map { $0.map { $0.isPadding ? 0 : $0.targetID } }
        )
    }

    /// The number of the modality of each position that the encoder takes, and -1 for registers and padding; it runs for that.
    /// - Throws: as ``lossInputs(_:decoderOrder:encoderTokens:decoderTokens:loss:)``.
    package func lossModalities(_ set: ModalitySet, encoderTokens: Int) throws -> [[Int]] {
        let positions = lossOrder(set).reduce(0) { $0 + (set[$1]?.length ?? 0) }
        return try encode([set], length: min(max(encoderTokens, 0), positions)).modalityIDs
    }

    /// Modalities of `set` that the encoder sees, in order.
    package func lossOrder(_ set: ModalitySet) -> [String] { layout.lossOrder(set) }
}
