import Formats
import FourMSettings
import IR

/// A 4M transformer that no training has seen yet: its configuration, its tensors and what they start as.
///
/// Source: `FourM` and its `init_weights` in `fourm/models/fm.py`, and the `init` of its embeddings.
package struct FreshTransformer {
    package let config: Config
    /// Whether a head's weights are the decoder's token table.
    package let sharesHeads: Bool
    /// By name; without bytes.
    package let tensors: [Constant]
    private let weights: RandomWeights
    private let learned: Set<String>

    /// - Throws: `ImportError`, `CheckpointError`, `SettingsError` naming the configuration key.
    package init(_ config: Config, sharesHeads: Bool, seed: UInt64) throws {
        (self.config, self.sharesHeads) = (config, sharesHeads)
        tensors = try ModelSkeleton.trained(config, name: "model", sharesHeads: sharesHeads)
        weights = RandomWeights(seed: seed)
        learned = Set(ModalityTable.standard.modalities.filter { !$0.hasSinCosPositions }.map(\.name))
    }

    /// What a tensor starts as.
    package func initial(_ tensor: Constant) -> Constant {
        let shape = tensor.type.staticShape ?? []
        let name = FreshTransformer.modality(tensor.key)
        let isHead = sharesHeads && tensor.key.hasPrefix("decoder_embeddings.")
        let fill = RandomWeights.fill(tensor.key, shape, hasLearnedPositions: name.map(learned.contains) ?? false, isHead: isHead)
        let made = Tensor(.f32, shape) { bytes in
            let floats = bytes.bindMemory(to: Float.self)
            floats.initialize(repeating: 0)
            weights.write(fill, of: tensor.key, from: 0, into: floats)
        }
        return Constant(key: tensor.key, type: tensor.type, bytes: made.bytes)
    }

    /// Whether a tensor is computed, and never trained: positions that are sines and cosines.
    package func isFixed(_ key: String) -> Bool {
        key.hasSuffix(".pos_emb") && FreshTransformer.modality(key).map { !learned.contains($0) } ?? false
    }

    /// `tok_rgb@224` of `encoder_embeddings.tok_rgb@224.pos_emb`.
    private static func modality(_ key: String) -> String? {
        let parts = key.split(separator: ".")
        return parts.count > 2 && parts[0].hasSuffix("_embeddings") ? String(parts[1]) : nil
    }
}

extension ModelArchitecture {
    /// That of a checkpoint's configuration.
    /// - Throws: `CheckpointError` naming the key; `FourMError` where some layers have biases and others have none.
    package init(_ config: Config) throws {
        self.init(
            dim: try config.int("dim"), encoderDepth: try config.int("encoder_depth"), decoderDepth: try config.int("decoder_depth"),
            heads: try config.int("num_heads"))
        mlpRatio = try config.double("mlp_ratio", default: 4)
        let biases = try ["qkv_bias", "proj_bias", "mlp_bias", "norm_bias"].map { try config.bool($0, default: true) }
        hasBias = biases[0]
        guard biases.allSatisfy({ $0 == hasBias }) else {
            throw FourMError("\(config.file): some layers have biases and others have none; such a model cannot be trained further here")
        }
        isGated = try config.bool("gated_mlp", default: false)
        hasQKNorm = try config.bool("qk_norm", default: false)
        decoderCausalMask = try config.bool("decoder_causal_mask", default: false)
        decoderSeparationMask = try config.bool("decoder_sep_mask", default: true)
        sharesModalityEmbeddings = try config.bool("share_modality_embeddings", default: true)
        registerTokens = try config.int("num_register_tokens", default: 0)
    }

    /// The configuration that ml-4m's `FM` is made with.
    package func config(
        inputs: [String], outputs: [String], imageSize: Int, patchSize: Int, overrides: [String: ModalityOverride]
    ) -> ConfigDictionary {
        let base: ConfigDictionary = [
            "domains_in": .list(inputs.map { .string($0) }), "domains_out": .list(outputs.map { .string($0) }),
            "image_size": .int(imageSize),
            "patch_size": .int(patchSize), "dim": .int(dim), "encoder_depth": .int(encoderDepth), "decoder_depth": .int(decoderDepth),
            "num_heads": .int(heads), "mlp_ratio": .double(mlpRatio), "qkv_bias": .bool(hasBias), "proj_bias": .bool(hasBias),
            "mlp_bias": .bool(hasBias), "norm_bias": .bool(hasBias), "act_layer": .string(isGated ? "SiLU" : "GELU"),
            "gated_mlp": .bool(isGated),
            "qk_norm": .bool(hasQKNorm), "decoder_causal_mask": .bool(decoderCausalMask), "decoder_sep_mask": .bool(decoderSeparationMask),
            "num_register_tokens": .int(registerTokens), "use_act_checkpoint": .bool(false),
            "share_modality_embeddings": .bool(sharesModalityEmbeddings),
        ]
        let own = overrides.filter { (inputs.contains($0.key) || outputs.contains($0.key)) && !$0.value.config.isEmpty }.sorted {
            $0.key < $1.key
        }
        guard !own.isEmpty else { return base }
        return base.merging(["modality_overrides": .dict(ConfigDictionary(own.map { (key: $0.key, value: .dict($0.value.config)) }))])
    }
}

extension ModalityOverride {
    fileprivate var config: ConfigDictionary {
        let fields = [("vocab_size", vocabularySize), ("max_length", maxLength), ("max_tokens", maxTokens), ("orig_emb_dim", embeddingDim)]
        return ConfigDictionary(fields.compactMap { key, value in value.map { (key: key, value: .int($0)) } })
    }
}
