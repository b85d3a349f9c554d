import Formats
import IR

/// How latents become codes.
package enum QuantizerKind: String, CaseIterable, Sendable {
    /// One codebook, shared by all heads; the nearest row.
    case lucid
    /// A codebook for each head; the best key.
    case memcodes
}

/// Configuration of a 4M tokenizer (the arguments of `VQ`, `VQVAE` and `DiVAE` in fourm/vq/vqvae.py).
struct TokenizerSettings {
    let config: Config
    let channels: Int
    /// Classes of a semantic segmentation tokenizer, whose input is class ids.
    let labels: Int?
    let latent: Int
    let quantizer: QuantizerKind
    let codebookSize: Int
    let codebooks: Int
    /// Lucid: codes are compared by cosine instead of euclidean distance.
    let normalizesCodes: Bool
    let normalizesLatents: Bool
    /// Inputs are ImageNet-standardized and must be brought to [-1, 1] first.
    let undoesStandardization: Bool

    init(_ config: Config) throws {
        self.config = config
        channels = try config.size("n_channels", default: 3)
        labels = try config.optionalInt("n_labels") == nil ? nil : config.size("n_labels")
        latent = try config.size("latent_dim", default: 32)
        quantizer = try config.choice("quant_type", default: QuantizerKind.lucid)
        codebookSize = try config.size("codebook_size", default: 16384, in: 1...1 << 24)
        codebooks = try config.size("num_codebooks", default: 1, in: 1...1024)
        normalizesCodes = try config.bool("norm_codes", default: true)
        normalizesLatents = try config.bool("norm_latents", default: false)
        undoesStandardization = try config.bool("undo_std", default: false)
        if quantizer == .memcodes, latent % codebooks != 0 {
            throw config.badValue("num_codebooks", "a divisor of latent_dim (\(latent))")
        }
        if undoesStandardization, labels == nil, channels != 3 {
            throw config.badValue("undo_std", "false where n_channels is not 3")
        }
    }

    /// Channels of one head of memcodes.
    var headDim: Int { latent / codebooks }

    func encoder() throws -> TokenizerNetwork {
        try TokenizerNetwork(config, .encoder, channels: channels)
    }

    func decoder() throws -> TokenizerNetwork {
        try TokenizerNetwork(config, .decoder, channels: labels ?? channels)
    }
}

/// Configuration of a tokenizer's ViT encoder or decoder (fourm/vq/models/vit_models.py).
struct VisionSettings {
    enum Side {
        case encoder, decoder

        var arguments: String { self == .encoder ? "enc_args" : "dec_args" }
        var typeKey: String { self == .encoder ? "enc_type" : "dec_type" }
        var suffix: String { self == .encoder ? "enc" : "dec" }
    }

    let block: BlockSettings
    let depth: Int
    /// Channels of the image or feature map.
    let channels: Int
    /// Pixels of one token; 1 × 1 for feature maps.
    let patch: (height: Int, width: Int)
    /// Size of the stored position table.
    let grid: (rows: Int, columns: Int)
    let projectsPatches: Bool
    let hasPostMLP: Bool
    let hasOutputConvolutions: Bool

    /// dim_tokens, depth, num_heads
    private static let presets = ["vit_s": (512, 8, 8), "vit_b": (768, 12, 12), "vit_l": (1024, 24, 16)]

    init(_ config: Config, _ side: Side, channels: Int) throws {
        let preset = try Self.preset(config, side)
        let arguments = try config.optionalSection(side.arguments) ?? .empty(file: config.file)
        let dim = try arguments.size("dim_tokens", default: preset.0)
        depth = try arguments.size("depth", default: preset.1, in: 0...1024)
        let heads = try arguments.size("num_heads", default: preset.2, in: 1...4096)
        guard dim % heads == 0 else { throw arguments.badValue("num_heads", "a divisor of dim_tokens (\(dim))") }
        let hidden = Int(Double(dim) * (try arguments.positive("mlp_ratio", default: 4)))
        guard hidden > 0 else { throw arguments.badValue("mlp_ratio", "large enough for a hidden layer") }
        block = BlockSettings(dim: dim, heads: heads, hidden: hidden)
        self.channels = channels
        projectsPatches = try config.bool("patch_proj", default: true)
        hasPostMLP = try config.bool("post_mlp", default: false)
        hasOutputConvolutions = try side == .decoder && config.bool("out_conv", default: false)
        let patch = try Self.patch(config, side)
        grid = try Self.grid(config, side, patch)
        self.patch = projectsPatches ? patch : (1, 1)
    }

    private static func preset(_ config: Config, _ side: Side) throws -> (Int, Int, Int) {
        let type = try config.string(side.typeKey, default: "vit_b_\(side.suffix)")
        guard type.hasSuffix("_\(side.suffix)"), let preset = presets[String(type.dropLast(4))] else {
            let vision = "vit_s_\(side.suffix), vit_b_\(side.suffix), vit_l_\(side.suffix)"
            throw config.badValue(side.typeKey, "\(vision), \(PointwiseMLP.form)")
        }
        return preset
    }

    private static func patch(_ config: Config, _ side: Side) throws -> (height: Int, width: Int) {
        let range = 1...4096
        if side == .decoder, let own = try config.optionalPair("patch_size_dec", in: range) { return own }
        return try config.optionalPair("patch_size", in: range) ?? (16, 16)
    }

    private static func grid(
        _ config: Config, _ side: Side, _ patch: (height: Int, width: Int)
    ) throws -> (rows: Int, columns: Int) {
        let own = side == .encoder ? "image_size_enc" : "image_size_dec"
        let key = try config.optionalPair(own) == nil ? "image_size" : own
        let size = try config.optionalPair(key) ?? (224, 224)
        guard size.height % patch.height == 0, size.width % patch.width == 0 else {
            throw config.badValue(key, "a multiple of the patch size \(patch.height) × \(patch.width)")
        }
        return (size.height / patch.height, size.width / patch.width)
    }
}
