import Formats
import IR

/// Configuration of a 4M transformer (the arguments of `FM` in fourm/models/fm.py).
struct TransformerSettings {
    let block: BlockSettings
    let encoderDepth: Int
    let decoderDepth: Int
    let registerTokens: Int
    let sharesModalityEmbeddings: Bool
    let decoderCausalMask: Bool
    let decoderSeparationMask: Bool
    let imageSize: Int
    let patchSize: Int
    let inputs: [String]
    let outputs: [String]
    /// Of an encoder by itself, which may be configured without its last norm.
    let hasEncoderNorm: Bool

    /// - Parameter encoderModalities: the inputs of a checkpoint that holds an encoder alone, where the domains of the
    ///   configuration say nothing.
    init(_ config: Config, encoderModalities: [String]? = nil) throws {
        block = try Self.block(config)
        encoderDepth = try config.size("encoder_depth", default: 12, in: 0...1024)
        decoderDepth = try config.size("decoder_depth", default: 12, in: 0...1024)
        registerTokens = try config.size("num_register_tokens", default: 0, in: 0...65_536)
        sharesModalityEmbeddings = try config.bool("share_modality_embeddings", default: true)
        decoderCausalMask = try config.bool("decoder_causal_mask", default: false)
        decoderSeparationMask = try config.bool("decoder_sep_mask", default: true)
        imageSize = try config.size("image_size", default: 224)
        patchSize = try config.size("patch_size", default: 16)
        inputs = try encoderModalities ?? Self.domains(config, "domains_in")
        outputs = encoderModalities == nil ? try Self.domains(config, "domains_out") : []
        hasEncoderNorm = encoderModalities == nil ? true : try config.bool("encoder_norm", default: true)
    }

    private static func block(_ config: Config) throws -> BlockSettings {
        let dim = try config.size("dim", default: 768)
        let heads = try config.size("num_heads", default: 12, in: 1...4096)
        guard dim % heads == 0 else { throw config.badValue("num_heads", "a divisor of dim (\(dim))") }
        let isGated = try config.bool("gated_mlp", default: false)
        let full = Int(Double(dim) * (try config.positive("mlp_ratio", default: 4)))
        let hidden = isGated ? 2 * full / 3 : full
        guard hidden > 0 else { throw config.badValue("mlp_ratio", "large enough for a hidden layer") }
        var block = BlockSettings(dim: dim, heads: heads, hidden: hidden)
        block.activation = try config.choice("act_layer", default: .gelu)
        block.isGated = isGated
        block.hasQKVBias = try config.bool("qkv_bias", default: true)
        block.hasProjectionBias = try config.bool("proj_bias", default: true)
        block.hasMLPBias = try config.bool("mlp_bias", default: true)
        block.hasNormBias = try config.bool("norm_bias", default: true)
        block.hasQKNorm = try config.bool("qk_norm", default: false)
        return block
    }

    private static func domains(_ config: Config, _ key: String) throws -> [String] {
        let names = try config.strings(key)
        guard Set(names).count == names.count, names.count <= 1024 else {
            throw config.badValue(key, "a list of different modality names")
        }
        return names
    }
}
