import Formats
import IR

/// Configuration of the patched UNet (`unet_patched` and `UNetModel` in fourm/vq/models/unet/unet.py).
struct UNetSettings {
    let patch: Int
    let channels: Int
    let condition: Int
    let modelChannels: Int
    let blocksPerLevel: Int
    let attentionFactors: Set<Int>
    /// Channels of each level.
    let levels: [Int]
    let convolvesResampling: Bool
    let heads: Int
    let headChannels: Int?
    let headsUpsampling: Int
    let scalesAndShifts: Bool
    let resamplesInBlocks: Bool
    let splitsBeforeHeads: Bool

    /// GroupNorm groups of every norm.
    static let groups = 32

    var timeChannels: Int { 4 * modelChannels }

    /// Image sizes must be multiples of this.
    var factor: Int { patch << (levels.count - 1) }

    init(_ config: Config, channels: Int, condition: Int) throws {
        let arguments = try config.optionalSection("dec_args") ?? .empty(file: config.file)
        self.channels = channels
        self.condition = condition
        patch = try arguments.size("patch_size", default: 4, in: 1...256)
        modelChannels = try arguments.size("model_channels", default: 256)
        blocksPerLevel = try arguments.size("num_res_blocks", default: 3, in: 1...64)
        let factors =
            arguments.contains("attention_resolutions") ? try arguments.ints("attention_resolutions") : [4, 8]
        attentionFactors = Set(factors)
        levels = try Self.levels(arguments, modelChannels)
        convolvesResampling = try arguments.bool("conv_resample", default: true)
        heads = try arguments.size("num_heads", default: 1, in: 1...4096)
        headChannels = try Self.optionalCount(arguments, "num_head_channels")
        headsUpsampling = try Self.optionalCount(arguments, "num_heads_upsample") ?? heads
        scalesAndShifts = try arguments.bool("use_scale_shift_norm", default: false)
        resamplesInBlocks = try arguments.bool("resblock_updown", default: false)
        splitsBeforeHeads = try arguments.bool("use_new_attention_order", default: false)
        guard modelChannels % 2 == 0 else { throw arguments.badValue("model_channels", "an even number") }
    }

    private static func levels(_ arguments: Config, _ modelChannels: Int) throws -> [Int] {
        let multipliers = arguments.contains("channel_mult") ? try arguments.doubles("channel_mult") : [1, 2, 2, 2]
        let valid = multipliers.allSatisfy { $0 > 0 && $0 <= 1024 }
        guard valid, (1...10).contains(multipliers.count) else {
            throw arguments.badValue("channel_mult", "1 to 10 numbers above 0")
        }
        let levels = multipliers.map { Int($0 * Double(modelChannels)) }
        guard levels.allSatisfy({ $0 > 0 && $0 % groups == 0 }) else {
            throw arguments.badValue(
                "channel_mult", "such that each level has a multiple of \(groups) channels, not \(levels)")
        }
        return levels
    }

    /// A positive count; -1 stands for "not given".
    private static func optionalCount(_ arguments: Config, _ key: String) throws -> Int? {
        guard try arguments.int(key, default: -1) != -1 else { return nil }
        return try arguments.size(key, in: 1...65_536)
    }

    /// Attention heads for a block of `channels` channels.
    func heads(_ channels: Int, upsampling: Bool) throws -> Int {
        let count = headChannels.map { channels / $0 } ?? (upsampling ? headsUpsampling : heads)
        guard count > 0, channels % count == 0, headChannels.map({ channels % $0 == 0 }) ?? true else {
            throw ImportError.badValue(
                file: "dec_args", key: headChannels == nil ? "num_heads" : "num_head_channels",
                value: "\(headChannels ?? count)", expected: "a divisor of \(channels) channels")
        }
        return count
    }
}
