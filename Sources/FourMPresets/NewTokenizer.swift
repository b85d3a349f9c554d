import Formats
import IR

/// Tokenizers that nothing has been trained of yet.
package enum NewTokenizer {
    /// A VQ-VAE that `config` describes, with the weights that the reference starts training from, f32, and the buffers of its codebook.
    /// - Throws: `ImportError`, `CheckpointError` naming the configuration key.
    package static func checkpoint(_ config: Config, name: String, seed: UInt64) throws -> Checkpoint {
        let own = try ModelSkeleton.tensors(config, name: name)
        let shapes = own.reduce(into: [String: [Int]]()) { $0[$1.key] = $1.type.staticShape ?? [] }
        let learned = try Set(["enc", "dec"].filter { try learnsPositions(config, $0) }.map { $0 + "oder" })
        let weights = TokenizerWeights(shapes: shapes, learnedPositions: learned)
        let random = RandomWeights(seed: seed)
        var tensors: [String: Constant] = [:]
        for constant in own { tensors[constant.key] = Constant(key: constant.key, random.tensor(weights.fill(constant.key), of: constant)) }
        for constant in try codebook(config, random) { tensors[constant.key] = constant }
        return Checkpoint(name: name, tensors: tensors, config: config, files: [config.file])
    }

    private static func learnsPositions(_ config: Config, _ side: String) throws -> Bool {
        try config.optionalSection("\(side)_args")?.bool("sincos_pos_emb", default: true) == false
    }

    /// Rows uniform in ±√(6 / channels), of unit length where codes are normalized; zeros where k-means will start them.
    private static func codebook(_ config: Config, _ random: RandomWeights) throws -> [Constant] {
        guard try config.string("quant_type", default: "lucid") == "lucid" else { return [] }
        let (prefix, isLater) = ("quantize._codebook.", try config.bool("kmeans_init", default: false))
        let (codes, latent) = (try config.int("codebook_size", default: 16384), try config.int("latent_dim", default: 32))
        let isNormalized = try config.bool("norm_codes", default: true)
        let type = TensorType(.f32, [Dim(codes), Dim(latent)])
        let fill: RandomWeights.Fill = isLater ? .constant(0) : .uniform(bound: (6 / Float(latent)).squareRoot())
        var embed = random.tensor(fill, of: Constant(key: prefix + "embed", type: type, bytes: nil))
        if isNormalized, !isLater { embed = unitRows(embed, latent) }
        var made = [
            Constant(key: prefix + "embed", embed), Constant(key: prefix + "cluster_size", Tensor(zeros: .f32, [codes])),
            Constant(key: prefix + "initted", Tensor([Float(isLater ? 0 : 1)], [1])),
        ]
        if !isNormalized { made.append(Constant(key: prefix + "embed_avg", embed)) }
        return made
    }

    private static func unitRows(_ table: Tensor, _ width: Int) -> Tensor {
        var values = table.floats
        for start in stride(from: 0, to: values.count, by: width) {
            let length = values[start..<start + width].reduce(0) { $0 + $1 * $1 }.squareRoot()
            for index in start..<start + width { values[index] /= max(length, 1e-12) }
        }
        return Tensor(values, table.shape)
    }
}

extension RandomWeights {
    /// A tensor of the shape of `constant`, filled.
    fileprivate func tensor(_ fill: Fill, of constant: Constant) -> Tensor {
        Tensor(.f32, constant.type.staticShape ?? []) { write(fill, of: constant.key, from: 0, into: $0.bindMemory(to: Float.self)) }
    }
}
