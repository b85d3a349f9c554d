import FourMSettings
import IR

extension TokenizerModel {
    /// The vectors that rows of global feature tokens stand for: f32 [rows, dim].
    ///
    /// The tokens of a row are the codes of a 1 x 1 map, one for each codebook (`decode_tok_dinov2_global` in
    /// `fourm/utils/plotting_utils.py`).
    /// - Throws: ``FourMError`` for rows that the codebooks do not fit, or codes out of range.
    package func vectors(_ tokens: [[Int]]) throws -> Tensor {
        guard let count = tokens.first?.count, count > 0 else { throw FourMError("there are no tokens to make vectors of") }
        let decoded = try detokenize(layout(tokens, grid: (count, 1)))
        guard let rows = decoded.reshaped([tokens.count, decoded.count / tokens.count]) else {
            throw FourMError("'detokenize' of '\(session.plan.module.name)' gives \(decoded.type) for \(tokens.count) rows")
        }
        return rows
    }
}
