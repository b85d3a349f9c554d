import FourMSettings
import IR
import Importers
import Runtime

extension FourMModel {
    /// Encodes the visible tokens of `set`.
    ///
    /// All modalities are concatenated in their order, visible tokens come first in that order, and the batch is as long as its
    /// longest row (`forward_mask_encoder_generation` of the reference; goldens README).
    package func encode(_ set: ModalitySet) throws -> EncoderState { try encode([set]) }

    /// Encodes several sets as one batch, for guidance branches.
    /// - Parameter length: tokens to make of each row, registers not counted; without it, as many as the longest row has.
    func encode(_ sets: [ModalitySet], length: Int? = nil) throws -> EncoderState {
        try TimeSpan.measure(.encode) { try encodeTogether(sets, length) }
    }

    private func encodeTogether(_ sets: [ModalitySet], _ length: Int?) throws -> EncoderState {
        var rows = 0
        var parts: [EmbeddedPart] = []
        var cursor: [Int] = []
        var ids: [[Int]] = []
        for set in sets {
            let first = rows
            rows += set.batch
            let start = registerTokens?.shape[1] ?? 0
            cursor += [Int](repeating: start, count: set.batch)
            ids += [[Int]](repeating: [Int](repeating: -1, count: start), count: set.batch)
            for name in set.names {
                guard let batch = set[name], let info = modalities[name], info.isInput else { continue }
                guard batch.batch == set.batch else {
                    throw FourMError("modality '\(name)' has \(batch.batch) rows where others have \(set.batch)")
                }
                if let part = try embed(name, info, batch, firstRow: first, &cursor, &ids) { parts.append(part) }
            }
        }
        let registers = registerTokens?.shape[1] ?? 0
        let total = length.map { $0 + registers } ?? cursor.max() ?? 0
        return try encode(rows: rows, length: total, parts: parts, lengths: cursor, ids: ids)
    }

    /// Embeddings of one modality's visible tokens and where they go.
    struct EmbeddedPart {
        let x: Tensor
        let emb: Tensor
        let firstRow: Int
        let moves: [[(to: Int, from: Int)]]
    }

    private func embed(
        _ name: String, _ info: ModelModality, _ batch: ModalityBatch, firstRow: Int, _ cursor: inout [Int], _ ids: inout [[Int]]
    ) throws -> EmbeddedPart? {
        let visible = batch.inputMask.map { mask in mask.indices.filter { !mask[$0] } }
        let longest = visible.map(\.count).max() ?? 0
        if longest == 0 { return nil }
        var moves: [[(to: Int, from: Int)]] = []
        for (row, positions) in visible.enumerated() {
            let isDense = !batch.content.isTokens
            moves.append(positions.enumerated().map { (to: cursor[firstRow + row] + $0.offset, from: isDense ? $0.element : $0.offset) })
            cursor[firstRow + row] += positions.count
            ids[firstRow + row] += [Int](repeating: info.id, count: positions.count)
        }
        let results = try session.run(FourMFunction.embedEncoder(name), FourMModel.encoderInputs(info, batch, visible, longest))
        guard let x = results["x"], let emb = results["emb"] else { throw FourMError("'embed_encoder.\(name)' has no x and emb", .fault) }
        return EmbeddedPart(x: x, emb: emb, firstRow: firstRow, moves: moves)
    }

    /// What `embed_encoder` takes of one modality: its first `longest` visible tokens, or all of its pixels or vectors.
    static func encoderInputs(
        _ info: ModelModality, _ batch: ModalityBatch, _ visible: [[Int]], _ longest: Int
    ) throws -> [String: Tensor] {
        switch batch.content {
        case .pixels(let tensor): return ["pixels": tensor]
        case .embeddings(let tensor):
            let length = tensor.shape.count > 1 ? tensor.shape[1] : 0
            var positions: [Int] = []
            for mask in batch.inputMask {
                var seen = 0
                for index in 0..<length {
                    let isVisible = index < mask.count && !mask[index]
                    positions.append(isVisible ? seen : 0)
                    if isVisible { seen += 1 }
                }
            }
            return ["embeddings": tensor, "positions": Tensor(integers: positions, [batch.batch, length])]
        case .tokens(let tokens):
            var ids = [Int](repeating: 0, count: batch.batch * longest)
            var positions = ids
            for (row, indices) in visible.enumerated() {
                for (order, index) in indices.enumerated() {
                    ids[row * longest + order] = tokens[row][index]
                    positions[row * longest + order] = info.isSequence ? order : index
                }
            }
            try info.check(ids: ids)
            return [
                "ids": Tensor(integers: ids, [batch.batch, longest]),
                "positions": Tensor(integers: positions, [batch.batch, longest]),
            ]
        }
    }

    private func encode(rows: Int, length: Int, parts: [EmbeddedPart], lengths: [Int], ids: [[Int]]) throws -> EncoderState {
        func gather(_ pick: (EmbeddedPart) -> Tensor, registers: Tensor?) -> Tensor {
            var sources = parts.map { part in
                (tensor: padded(pick(part), rows, part.firstRow), moves: padded(part.moves, rows, part.firstRow))
            }
            if let registers {
                let count = registers.shape[1]
                let repeated = RowMatrix.stack([Tensor](repeating: registers, count: rows)) ?? registers
                sources.append((repeated, [[(to: Int, from: Int)]](repeating: (0..<count).map { ($0, $0) }, count: rows)))
            }
            return RowMatrix.scatter(rows, length, dim, sources)
        }
        let tokens = gather({ $0.x }, registers: registerTokens)
        let emb = gather({ $0.emb }, registers: nil)
        let flags = lengths.flatMap { count in (0..<length).map { $0 >= count } }
        let mask = Tensor(bools: flags, [rows, 1, length])
        let results = try session.run(FourMFunction.encode, ["tokens": tokens, "emb": emb, "mask": mask])
        guard let output = results["out"] else { throw FourMError("'encode' has no out", .fault) }
        return EncoderState(
            tokens: tokens, embeddings: emb, mask: mask,
            modalityIDs: ids.map { $0.prefix(length) + [Int](repeating: -1, count: max(length - $0.count, 0)) },
            output: output, context: results["context"] ?? Tensor(zeros: .f32, [rows, 0, dim]))
    }

    /// A part's rows among those of all branches. The tensor keeps only its own rows; moves of other rows are empty.
    private func padded(_ moves: [[(to: Int, from: Int)]], _ rows: Int, _ firstRow: Int) -> [[(to: Int, from: Int)]] {
        [[(to: Int, from: Int)]](repeating: [], count: firstRow) + moves
            + [[(to: Int, from: Int)]](repeating: [], count: rows - firstRow - moves.count)
    }

    private func padded(_ tensor: Tensor, _ rows: Int, _ firstRow: Int) -> Tensor {
        if firstRow == 0 { return tensor }
        let before = Tensor(zeros: tensor.dtype, [firstRow] + tensor.shape.dropFirst())
        return RowMatrix.stack([before, tensor]) ?? tensor
    }
}

extension ModalityBatch.Content {
    var isTokens: Bool { if case .tokens = self { true } else { false } }
}
