import Foundation
import FourMSettings
import IR

/// What a training forward pass gives: the decoder's output and what it should have predicted.
package struct TrainingForward: Sendable {
    /// f32 [batch, n, dim] after the final norm.
    package let output: Tensor
    /// Target modality and token id of each decoder token; nil for padding.
    package let targets: [[Target?]]
    /// Modalities in the order of the decoder sequence.
    package let order: [String]

    package struct Target: Sendable, Equatable {
        package let modality: String
        package let id: Int
    }
}

/// Cross entropies of a training forward pass.
package struct TrainingLosses: Sendable {
    /// Mean over the tokens of each modality; 0 for one without targets.
    package var byModality: [String: Double]
    /// Mean over modalities, those without targets included (loss type `mod` of the reference).
    package var modalityMean: Double
    /// Weighted by targets times vocabulary size (loss type `token`).
    package var tokenMean: Double
}

extension FourMModel {
    /// The forward pass of training with a token budget (`FourM.forward` in `fourm/models/fm.py`).
    ///
    /// Encoder and decoder concatenate their modalities; what is visible (or a target) comes first in that order, and the first
    /// `encoderTokens` (`decoderTokens`) positions are kept. Sequences predict the next token: position i stays where i and i + 1 are
    /// targets. Decoder tokens attend to each other as the compressed mask ``ModalityBatch/decoderAttention`` says: with its running
    /// sum s, token i sees the tokens j < s_i. A model with `decoder_causal_mask` looks at the tokens up to i instead, one with
    /// `decoder_sep_mask` only within a modality.
    ///
    /// - Parameter decoderOrder: target modalities in the order in which the decoder sees them; the reference draws it at random.
    /// - Throws: ``FourMError`` for targets that the set or the model lacks.
    package func train(
        _ set: ModalitySet, decoderOrder: [String], encoderTokens: Int, decoderTokens: Int
    ) throws -> TrainingForward {
        let positions = set.names.filter { modalities[$0]?.isInput == true }.reduce(0) { $0 + (set[$1]?.length ?? 0) }
        let state = try encode([set], length: min(max(encoderTokens, 0), positions))
        let rows = try layout.decoderRows(set, decoderOrder, limit: max(decoderTokens, 0))
        let y = try decoderInputs(rows, decoderOrder)
        let output = try decode(y, state, selfMask: layout.mask(rows))
        let targets = rows.map { row in
            row.map { $0.isPadding ? nil : TrainingForward.Target(modality: $0.modality, id: $0.targetID) }
        }
        return TrainingForward(output: output, targets: targets, order: decoderOrder)
    }

    /// Losses of a training forward pass.
    package func losses(_ forward: TrainingForward) throws -> TrainingLosses {
        var losses = TrainingLosses(byModality: [:], modalityMean: 0, tokenMean: 0)
        var (weighted, weights) = (0.0, 0.0)
        for name in forward.order {
            let (loss, count) = try crossEntropy(forward, name)
            losses.byModality[name] = loss
            let weight = Double(count * (modalities[name]?.vocabularySize ?? 0))
            weighted += loss * weight
            weights += weight
        }
        if !forward.order.isEmpty {
            losses.modalityMean = losses.byModality.values.reduce(0, +) / Double(forward.order.count)
        }
        losses.tokenMean = weights > 0 ? weighted / weights : 0
        return losses
    }

    private func crossEntropy(_ forward: TrainingForward, _ name: String) throws -> (loss: Double, count: Int) {
        let length = forward.targets.first?.count ?? 0
        var moves: [[(to: Int, from: Int)]] = [[]]
        var ids: [Int] = []
        for (row, targets) in forward.targets.enumerated() {
            for (index, target) in targets.enumerated() where target?.modality == name {
                moves[0].append((ids.count, row * length + index))
                ids.append(target?.id ?? 0)
            }
        }
        guard !ids.isEmpty, let flat = forward.output.reshaped([1, forward.targets.count * length, dim]) else { return (0, 0) }
        let logits = try logits(name, RowMatrix.scatter(1, ids.count, dim, [(flat, moves)])).doubles
        let width = logits.count / ids.count
        var sum = 0.0
        for (index, id) in ids.enumerated() where id >= 0 && id < width {
            let row = logits[index * width..<(index + 1) * width]
            let top = row.max() ?? 0
            sum += top + log(row.reduce(0) { $0 + exp($1 - top) }) - logits[index * width + id]
        }
        return (sum / Double(ids.count), ids.count)
    }
}

extension FourMModel {
    /// f32 [batch, n, dim]: mask tokens (images) or known tokens (sequences) with their embeddings, zero for padding.
    private func decoderInputs(_ rows: [[DecoderToken]], _ order: [String]) throws -> Tensor {
        var parts: [(tensor: Tensor, moves: [[(to: Int, from: Int)]])] = []
        for name in order {
            let own = rows.map { row in row.enumerated().filter { !$0.element.isPadding && $0.element.modality == name } }
            let longest = own.map(\.count).max() ?? 0
            if longest == 0 { continue }
            func padded(_ value: (DecoderToken) -> Int) -> [[Int]] {
                own.map { row in row.map { value($0.element) } + [Int](repeating: 0, count: longest - row.count) }
            }
            let positions = padded(\.position)
            let isSequence = try modality(name).isSequence
            let y = try isSequence ? embedded(name, ids: padded(\.id), positions: positions).y : queries(name, positions: positions)
            parts.append((y, own.map { row in row.enumerated().map { (to: $0.element.offset, from: $0.offset) } }))
        }
        return RowMatrix.scatter(rows.count, rows.first?.count ?? 0, dim, parts)
    }
}
