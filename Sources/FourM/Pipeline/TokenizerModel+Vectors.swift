import IR

extension TokenizerModel {
    /// The vectors that rows of global feature tokens stand for: f32 [rows, dim].
    ///
    /// The tokens of a row are the codes of a 1 x 1 map, one for each codebook (`decode_tok_dinov2_global` in
    /// `fourm/utils/plotting_utils.py`).
    /// - Throws: ``FourMError`` for rows that the codebooks do not fit, or codes out of range.
    public func vectors(_ tokens: [[Int]]) throws -> Tensor {
        let count = tokens.first?.count ?? 0
        let codebooks = metadata.integer("num_codebooks") ?? 1
        guard count > 0, tokens.allSatisfy({ $0.count == count }), codebooks == 1 || codebooks == count else {
            throw FourMError("'\(session.plan.module.name)' has \(codebooks) codes for each vector, not \(count)")
        }
        let grid = codebooks == 1 ? [tokens.count, count, 1] : [tokens.count, count, 1, 1]
        let decoded = try detokenize(Tensor(integers: tokens.flatMap { $0 }, grid))
        guard let rows = decoded.reshaped([tokens.count, decoded.count / tokens.count]) else {
            throw FourMError("'detokenize' of '\(session.plan.module.name)' gives \(decoded.type) for \(tokens.count) rows")
        }
        return rows
    }
}
