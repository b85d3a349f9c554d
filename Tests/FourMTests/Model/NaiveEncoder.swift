import Foundation
import IR
import TestSupport

/// The reference's RGB-only ViT (`FourMViT.forward` of `fourm/models/fm_vit.py`) written out once more, in double precision and without
/// any of the project's operators.
struct NaiveEncoder {
    let model: SyntheticModel
    private let weights: [String: [Double]]

    typealias Rows = [[Double]]

    init(_ model: SyntheticModel) {
        self.model = model
        weights = model.tensors().mapValues(\.doubles)
    }

    /// Output tokens of one image, `pixels` [channels, side, side], of modality `name`.
    func tokens(_ pixels: [Double], channels: Int, side: Int, patch: Int, _ name: String) -> Rows {
        let prefix = "encoder_embeddings.\(name)"
        let grid = side / patch
        let projection = weights["\(prefix).proj.weight"] ?? []
        let (positions, modality) = (weights["\(prefix).pos_emb"] ?? [], weights["\(prefix).mod_emb"] ?? [])
        var x: Rows = (0..<grid * grid).map { token in
            // Patches are flattened (row, column, channel).
            var flat: [Double] = []
            for row in 0..<patch {
                for column in 0..<patch {
                    for channel in 0..<channels {
                        let (y, x) = (token / grid * patch + row, token % grid * patch + column)
                        flat.append(pixels[(channel * side + y) * side + x])
                    }
                }
            }
            return (0..<model.dim).map { out in
                var sum = positions[token * model.dim + out] + modality[out]
                for index in flat.indices { sum += flat[index] * projection[out * flat.count + index] }
                return sum
            }
        }
        for layer in 0..<model.encoderDepth { x = block(x, "encoder.\(layer)") }
        return x.map { norm($0, "encoder_norm") }
    }

    private func block(_ x: Rows, _ name: String) -> Rows {
        let attended = attention(x.map { norm($0, "\(name).norm1") }, "\(name).attn")
        let middle = zip(x, attended).map { zip($0, $1).map { $0 + $1 } }
        return middle.map { row in zip(row, mlp(norm(row, "\(name).norm2"), "\(name).mlp")).map { $0 + $1 } }
    }

    private func attention(_ x: Rows, _ name: String) -> Rows {
        let (dim, size) = (model.dim, model.dim / model.heads)
        let joined = x.map { linear($0, "\(name).qkv") }
        var mixed = Rows(repeating: [Double](repeating: 0, count: dim), count: x.count)
        for head in 0..<model.heads {
            func part(_ index: Int, _ row: [Double]) -> [Double] { Array(row[index * dim + head * size..<index * dim + (head + 1) * size]) }
            let normed = model.hasQKNorm
            let q = joined.map { normed ? norm(part(0, $0), "\(name).q_norm") : part(0, $0) }
            let k = joined.map { normed ? norm(part(1, $0), "\(name).k_norm") : part(1, $0) }
            let v = joined.map { part(2, $0) }
            for i in x.indices {
                let scores: [Double] = k.map { key in
                    var dot = 0.0
                    for d in 0..<size { dot += q[i][d] * key[d] }
                    return dot / Double(size).squareRoot()
                }
                let powers = scores.map { exp($0 - (scores.max() ?? 0)) }
                let total = powers.reduce(0, +)
                for (j, power) in powers.enumerated() {
                    for d in 0..<size { mixed[i][head * size + d] += power / total * v[j][d] }
                }
            }
        }
        return mixed.map { linear($0, "\(name).proj") }
    }

    private func mlp(_ x: [Double], _ name: String) -> [Double] {
        let first = linear(x, "\(name).fc1")
        guard model.isGated else { return linear(first.map { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }, "\(name).fc2") }
        let gated = zip(first, linear(x, "\(name).fc3")).map { $0 / (1 + exp(-$0)) * $1 }
        return linear(gated, "\(name).fc2")
    }

    private func linear(_ x: [Double], _ name: String) -> [Double] {
        let weight = weights["\(name).weight"] ?? []
        let bias = weights["\(name).bias"]
        return (0..<weight.count / x.count).map { out in
            var sum: Double = bias?[out] ?? 0
            for index in x.indices { sum += x[index] * weight[out * x.count + index] }
            return sum
        }
    }

    private func norm(_ x: [Double], _ name: String) -> [Double] {
        let mean = x.reduce(0, +) / Double(x.count)
        let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
        let (weight, bias) = (weights["\(name).weight"] ?? [], weights["\(name).bias"] ?? [])
        return x.indices.map { (x[$0] - mean) / (variance + 1e-6).squareRoot() * weight[$0] + bias[$0] }
    }
}
