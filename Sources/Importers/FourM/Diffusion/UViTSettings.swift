import Formats
import IR

/// Configuration of a UViT denoiser (the arguments of `UViT` in fourm/vq/models/uvit.py): a convolutional UNet with a transformer in its middle.
struct UViTSettings {
    /// How the transformer is told what to draw.
    enum Conditioning: String, CaseIterable {
        /// The condition is added to its tokens.
        case concat
        /// Every block attends to the condition.
        case attention = "xattn"
    }

    let channels: Int
    let condition: Int
    let conditioning: Conditioning
    let patch: Int
    /// Channels of each level of the UNet, a halving of the size between two.
    let levels: [Int]
    /// Residual blocks of each level on the way down; one more on the way up.
    let blocks: [Int]
    let halvesBeforeMiddle: Bool
    let block: BlockSettings
    let depth: Int
    /// Side of the stored position table.
    let positions: Int
    /// The second half of the blocks takes in the results of the first half, last in first out.
    let hasLongSkips: Bool
    /// Whether it can be told the size that the picture had originally.
    let knowsOriginalSize: Bool

    /// GroupNorm groups of every norm.
    static let groups = 32
    /// Added to the variance in every norm.
    static let eps = 1e-5

    var timeChannels: Int { 4 * levels[0] }

    /// Image sizes must be multiples of this.
    var factor: Int { patch << (levels.count - (halvesBeforeMiddle ? 0 : 1)) }

    init(_ config: Config, channels: Int, condition: Int) throws {
        let type = try config.string("dec_type")
        guard let preset = UViTPreset.named(type) else {
            throw config.badValue("dec_type", "unet_patched or one of \(UViTPreset.names.joined(separator: ", "))")
        }
        let arguments = try config.optionalSection("dec_args") ?? .empty(file: config.file)
        if let stranger = arguments.keys.first(where: { !Self.arguments.contains($0) }) {
            throw arguments.badValue(stranger, "absent: Tessera reads \(Self.arguments.joined(separator: ", ")) of a UViT")
        }
        self.channels = channels
        self.condition = condition
        conditioning = try config.choice("conditioning", default: Conditioning.concat)
        patch = try arguments.size("patch_size", default: preset.patch, in: 1...256)
        levels = try Self.levels(arguments, preset)
        blocks = try Self.blocks(arguments, levels.count)
        halvesBeforeMiddle = try arguments.bool("downsample_before_mid", default: preset.halvesBeforeMiddle)
        depth = try arguments.size("mid_layers", default: preset.depth, in: 0...1024)
        hasLongSkips = try arguments.bool("mid_use_long_skip", default: preset.hasLongSkips)
        if hasLongSkips, depth % 2 == 0 { throw arguments.badValue("mid_layers", "an odd number where mid_use_long_skip is true") }
        let dim = try arguments.size("mid_dim", default: preset.dim)
        let heads = try arguments.size("mid_num_heads", default: preset.heads, in: 1...4096)
        guard dim % heads == 0 else { throw arguments.badValue("mid_num_heads", "a divisor of mid_dim (\(dim))") }
        let hidden = Int(Double(dim) * (try arguments.positive("mid_mlp_ratio", default: 4)))
        guard hidden > 0 else { throw arguments.badValue("mid_mlp_ratio", "large enough for a hidden layer") }
        block = BlockSettings(dim: dim, heads: heads, hidden: hidden, eps: Self.eps)
        positions = try arguments.size("mid_hw_posemb", default: 32, in: 1...4096)
        knowsOriginalSize = try arguments.bool("res_embedding", default: false)
    }

    private static let arguments = [
        "patch_size", "block_out_channels", "layers_per_block", "downsample_before_mid", "mid_layers", "mid_num_heads", "mid_dim",
        "mid_mlp_ratio", "mid_hw_posemb", "mid_use_long_skip", "res_embedding",
    ]

    private static func levels(_ arguments: Config, _ preset: UViTPreset) throws -> [Int] {
        let levels = arguments.contains("block_out_channels") ? try arguments.ints("block_out_channels") : preset.levels
        guard (1...10).contains(levels.count), levels.allSatisfy({ (1...65_536).contains($0) && $0 % groups == 0 }) else {
            throw arguments.badValue("block_out_channels", "1 to 10 multiples of \(groups)")
        }
        return levels
    }

    private static func blocks(_ arguments: Config, _ levels: Int) throws -> [Int] {
        if let value = arguments["layers_per_block"]?.value, case .list = value {
            let blocks = try arguments.ints("layers_per_block")
            guard blocks.count == levels, blocks.allSatisfy({ (1...64).contains($0) }) else {
                throw arguments.badValue("layers_per_block", "a number from 1 to 64, or one for each of \(levels) levels")
            }
            return blocks
        }
        return [Int](repeating: try arguments.size("layers_per_block", default: 2, in: 1...64), count: levels)
    }
}

/// The sizes that a `dec_type` stands for.
///
/// b, l, h are the transformer's size; f is how many pixels one of its tokens spans: f16 halves once more than f8, `extraconv` by a level of
/// the UNet of its own; `longskip` has a block more, so that there is a middle one.
struct UViTPreset: Equatable {
    var dim: Int
    var depth: Int
    var heads: Int
    var levels = [128, 256]
    var halvesBeforeMiddle = true
    var hasLongSkips = false
    let patch = 4

    private static let b = UViTPreset(dim: 768, depth: 12, heads: 12)
    private static let l = UViTPreset(dim: 1024, depth: 24, heads: 16)
    private static let h = UViTPreset(dim: 1280, depth: 32, heads: 16)

    private static let table: [(name: String, preset: UViTPreset)] = [
        ("uvit_b_p4_f16", b), ("uvit_l_p4_f16", l), ("uvit_h_p4_f16", h),
        ("uvit_b_p4_f16_longskip", b.withLongSkips), ("uvit_l_p4_f16_longskip", l.withLongSkips),
        ("uvit_b_p4_f8", b.withoutHalving), ("uvit_l_p4_f8", l.withoutHalving),
        ("uvit_b_p4_f16_extraconv", b.withExtraLevel), ("uvit_l_p4_f16_extraconv", l.withExtraLevel),
    ]

    static let names = table.map(\.name)

    static func named(_ name: String) -> UViTPreset? { table.first { $0.name == name }?.preset }

    private var withLongSkips: UViTPreset {
        var made = self
        (made.depth, made.hasLongSkips) = (depth + 1, true)
        return made
    }

    private var withoutHalving: UViTPreset {
        var made = self
        made.halvesBeforeMiddle = false
        return made
    }

    private var withExtraLevel: UViTPreset {
        var made = withoutHalving
        made.levels = [128, 256, 512]
        return made
    }
}
