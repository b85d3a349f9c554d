import Formats
import Importers

/// How a tokenizer's codebook is searched and trained: the arguments of the quantizers in fourm/vq/quantizers.
package struct QuantizerSettings: Sendable, Equatable {
    /// What takes the place of codes that are hardly used.
    package enum Replacement: String, CaseIterable, Sendable {
        /// Latents of the batch.
        case batchRandom = "batch_random"
        /// The codes that are used most.
        case lindeBuzoGray = "linde_buzo_gray"
    }

    /// Moving averages train a `lucid` codebook, gradients those of `memcodes`.
    package let kind: QuantizerKind
    /// Channels of a latent.
    package let latent: Int
    /// Rows of the codebook.
    package let size: Int
    /// Codes of one token.
    package let codebooks: Int
    /// Codes are compared by cosine instead of Euclidean distance.
    package let normalizesCodes: Bool
    package let normalizesLatents: Bool
    /// Weight of the old in the moving averages.
    package let decay: Double
    /// Codes with a smaller cluster size are replaced; 0 for none.
    package let deadBelow: Double
    package let replacement: Replacement
    /// Weight of the commitment loss.
    package let commitment: Double

    /// Of a tokenizer's configuration, with the defaults of `VQ` in fourm/vq/vqvae.py.
    /// - Throws: `CheckpointError` naming the key.
    package init(_ config: Config) throws {
        kind = try config.choice("quant_type", default: QuantizerKind.lucid)
        latent = try config.size("latent_dim", default: 32)
        size = try config.size("codebook_size", default: 16384, in: 1...1 << 24)
        codebooks = try config.size("num_codebooks", default: 1, in: 1...1024)
        normalizesCodes = try config.bool("norm_codes", default: true)
        normalizesLatents = try config.bool("norm_latents", default: false)
        decay = try config.share("ema_decay", default: 0.99)
        deadBelow = try config.notNegative("threshold_ema_dead_code", default: 0.25)
        replacement = try config.choice("code_replacement_policy", default: Replacement.batchRandom)
        commitment = try config.notNegative("commitment_weight", default: 1)
    }

    /// Whether a step of training is given rows of its batch for dead codes (``CodebookPicks``).
    package var takesPicks: Bool { kind == .lucid && deadBelow > 0 && replacement == .batchRandom }
}

extension Config {
    fileprivate func notNegative(_ key: String, default standard: Double) throws -> Double {
        let value = try double(key, default: standard)
        guard value >= 0 else { throw error(key, "it is \(value), and must be at least 0") }
        return value
    }

    fileprivate func share(_ key: String, default standard: Double) throws -> Double {
        let value = try double(key, default: standard)
        guard (0...1).contains(value) else { throw error(key, "it is \(value), and must be from 0 to 1") }
        return value
    }
}
