import IR

/// What the encoder made of a batch: the decoder's context and everything about its rows.
public struct EncoderState: Sendable {
    /// f32 [batch, tokens, dim]: token embeddings of the visible tokens, zero where a row is shorter.
    public var tokens: Tensor
    /// f32 [batch, tokens, dim]: position plus modality embeddings.
    public var embeddings: Tensor
    /// bool [batch, 1, tokens]: true where a row is shorter than the longest.
    public var mask: Tensor
    /// Modality id of each token; -1 for padding and register tokens.
    public var modalityIDs: [[Int]]
    /// f32 [batch, tokens, dim] after the final norm.
    public var output: Tensor
    /// f32 [batch, tokens, dim]: what the decoder attends to; without rows in a model that has no decoder.
    public var context: Tensor

    public var batch: Int { tokens.shape.first ?? 0 }

    public var length: Int { tokens.shape.count > 1 ? tokens.shape[1] : 0 }
}
