import FourMSettings
import IR
import Importers

extension FourMModel {
    /// Decoder queries of dense target positions: mask token plus position and modality embedding, f32 [batch, n, dim].
    package func queries(_ target: String, positions: [[Int]]) throws -> Tensor {
        let count = positions.first?.count ?? 0
        let tensor = Tensor(integers: positions.flatMap { $0 }, [positions.count, count])
        return try run(FourMFunction.embedDecoder(target), ["positions": tensor], result: "y")
    }

    /// Known tokens of a target as decoder inputs, both f32 [batch, n, dim]: `emb` is position plus modality embedding, `y` adds the
    /// token embedding. A sequence's position counts its target tokens; from the maximum length on it is that of 0.
    package func embedded(_ target: String, ids: [[Int]], positions: [[Int]]) throws -> (y: Tensor, emb: Tensor) {
        let shape = [ids.count, ids.first?.count ?? 0]
        try modality(target).check(ids: ids.flatMap { $0 })
        let results = try run(
            FourMFunction.embedDecoderIDs(target),
            [
                "ids": Tensor(integers: ids.flatMap { $0 }, shape),
                "positions": Tensor(integers: positions.flatMap { $0 }, shape),
            ])
        guard let y = results["y"], let emb = results["emb"] else {
            throw FourMError("'embed_decoder_ids.\(target)' has no y and emb", .fault)
        }
        return (y, emb)
    }

    /// Decoder output for `y` under the self-attention mask `selfMask`, bool [batch, n, n], true = masked.
    package func decode(_ y: Tensor, _ state: EncoderState, selfMask: Tensor) throws -> Tensor {
        let inputs = ["y": y, "context": state.context, "context_mask": state.mask, "self_mask": selfMask]
        return try run(FourMFunction.decode, inputs, result: "out")
    }

    /// Decoder output for `y` [batch, n, dim] without self-attention mask, after the final norm.
    package func decode(_ y: Tensor, _ state: EncoderState) throws -> Tensor {
        try run(FourMFunction.decodeUnmasked, ["y": y, "context": state.context, "context_mask": state.mask], result: "out")
    }

    /// Logits f32 [batch, n, vocabulary].
    package func logits(_ target: String, _ out: Tensor) throws -> Tensor {
        try run(FourMFunction.logits(target), ["y": out], result: "logits")
    }

    /// Logits of dense target positions given what the encoder saw; one pass, every position at once.
    package func logits(_ target: String, positions: [[Int]], _ state: EncoderState) throws -> Tensor {
        try logits(target, decode(try queries(target, positions: positions), state))
    }
}
