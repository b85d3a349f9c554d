import IR

extension FourMModel {
    /// As ``BatchLayout/lossInputs(_:decoderOrder:encoderTokens:decoderTokens:loss:)``.
    package func lossInputs(
        _ set: ModalitySet, decoderOrder: [String], encoderTokens: Int, decoderTokens: Int, loss: LossType
    ) throws -> [String: Tensor] {
        try layout.lossInputs(set, decoderOrder: decoderOrder, encoderTokens: encoderTokens, decoderTokens: decoderTokens, loss: loss)
    }

    /// Modalities of `set` that the encoder sees, in order.
    package func lossOrder(_ set: ModalitySet) -> [String] { layout.lossOrder(set) }
}
