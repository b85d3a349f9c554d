import IR

/// What the encoder made of a batch: the decoder's context and everything about its rows.
package struct EncoderState: Sendable {
    /// f32 [batch, tokens, dim]: token embeddings of the visible tokens, zero where a row is shorter.
    package var tokens: Tensor
    /// f32 [batch, tokens, dim]: position plus modality embeddings.
    package var embeddings: Tensor
    /// bool [batch, 1, tokens]: true where a row is shorter than the longest.
    package var mask: Tensor
    /// Modality id of each token; -1 for padding and register tokens.
    package var modalityIDs: [[Int]]
    /// f32 [batch, tokens, dim] after the final norm.
    package var output: Tensor
    /// f32 [batch, tokens, dim]: what the decoder attends to; without rows in a model that has no decoder.
    package var context: Tensor

    package var batch: Int { tokens.shape.first ?? 0 }

    package var length: Int { tokens.shape.count > 1 ? tokens.shape[1] : 0 }
}

extension EncoderState {
    /// States of one model, their rows one after the other and padded to the longest.
    init(joining states: [EncoderState]) {
        if states.count == 1 {
            self = states[0]
            return
        }
        let length = states.map(\.length).max() ?? 0
        func join(_ pick: (EncoderState) -> Tensor) -> Tensor {
            let padded = states.map { RowMatrix.padded(pick($0), to: length) }
            return RowMatrix.stack(padded) ?? Tensor(zeros: .f32, [0, length, 0])
        }
        let masks = states.flatMap { state in
            (0..<state.batch).flatMap { row in (0..<length).map { $0 >= state.length || state.isPadding(row, $0) } }
        }
        let rows = states.reduce(0) { $0 + $1.batch }
        self.init(
            tokens: join(\.tokens), embeddings: join(\.embeddings), mask: Tensor(bools: masks, [rows, 1, length]),
            modalityIDs: states.flatMap(\.modalityIDs).map { $0 + [Int](repeating: -1, count: length - $0.count) },
            output: join(\.output), context: join(\.context))
    }

    /// Some of the rows.
    func rows(_ range: Range<Int>) -> EncoderState {
        if range == 0..<batch { return self }
        func pick(_ tensor: Tensor) -> Tensor { RowMatrix.slice(tensor, range) }
        return EncoderState(
            tokens: pick(tokens), embeddings: pick(embeddings), mask: pick(mask), modalityIDs: Array(modalityIDs[range]),
            output: pick(output), context: pick(context))
    }

    private func isPadding(_ row: Int, _ position: Int) -> Bool { mask.bytes.buffer[row * length + position] != 0 }
}
