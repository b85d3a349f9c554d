import IR
import Importers

/// What the encoder makes of each token of a batch.
package struct EncoderFeatures: Sendable {
    /// f32 [batch, n, dim] after the final norm. Rows from `counts[sample]` on are zero.
    package let tokens: Tensor
    /// Tokens of each sample.
    package let counts: [Int]

    /// f32 [batch, dim]: the mean over each sample's tokens; zero for a sample without tokens.
    package func mean() -> Tensor {
        let (batch, length, dim) = (tokens.shape[0], tokens.shape[1], tokens.shape[2])
        let values = tokens.floats
        var sums = [Double](repeating: 0, count: batch * dim)
        for row in 0..<batch {
            for token in 0..<counts[row] {
                let start = (row * length + token) * dim
                for channel in 0..<dim { sums[row * dim + channel] += Double(values[start + channel]) }
            }
            for channel in 0..<dim { sums[row * dim + channel] /= Double(max(counts[row], 1)) }
        }
        return Tensor(sums.map { Float($0) }, [batch, dim])
    }
}

extension FourMModel {
    /// The encoder used by itself: its output for the visible tokens of `set`.
    ///
    /// Token plus position plus modality embedding, all blocks without a mask, the final norm (`FourMViT.forward` of
    /// `fourm/models/fm_vit.py`). That class knows no register tokens; a model that was trained with them gets them in front here
    /// as in all its other uses, and they are left out of the result.
    /// - Throws: ``FourMError`` if values of the result are not finite.
    package func features(_ set: ModalitySet) throws -> EncoderFeatures {
        let state = try encode(set)
        let registers = registerTokens?.shape[1] ?? 0
        let counts = visibleCounts(set).map { max($0 - registers, 0) }
        try state.output.requireFinite("out", of: FourMFunction.encode, session.plan.module.name)
        let longest = counts.max() ?? 0
        let moves = counts.map { count in (0..<count).map { (to: $0, from: registers + $0) } }
        return EncoderFeatures(
            tokens: RowMatrix.scatter(counts.count, longest, dim, [(tensor: state.output, moves: moves)]), counts: counts)
    }
}
