/// What the encoder sees of one modality of a sample, and what the decoder is to predict. In all masks true is masked, as in the reference.
package struct MaskedModality: Sendable, Equatable {
    /// Of texts and token sequences: the ids, `[2 * (maxTokens + 1)]`; input from 0 on, target from the input budget on, padding elsewhere.
    package var ids: [Int]?
    /// Of vectors: which vector of the sample stands at a position, `[maxTokens]`; nil stands for zeros.
    package var vectors: [Int?]?
    /// `[positions]`, true where the encoder does not see.
    package var inputMask: [Bool]
    /// `[positions]`, true where the decoder does not predict.
    package var targetMask: [Bool]
    /// `[positions]`: what the reference makes the decoder's attention mask of. Texts have 1 at each target, as each sees those before it;
    /// images the number of their targets at the first, as all see each other.
    package var decoderAttention: [Int]

    /// Positions of which nothing is seen or predicted.
    init(positions: Int) {
        inputMask = Array(repeating: true, count: positions)
        targetMask = inputMask
        decoderAttention = Array(repeating: 0, count: positions)
    }

    package var inputCount: Int { inputMask.count { !$0 } }
    package var targetCount: Int { targetMask.count { !$0 } }
}
