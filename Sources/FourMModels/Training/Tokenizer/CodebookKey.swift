/// Keys of a tokenizer's codebook and of what trains it (fourm/vq/quantizers/quantize_lucid.py).
package enum CodebookKey: String, CaseIterable, Sendable {
    /// f32 `[codes, latent]`.
    case embed
    /// Moving average of how many latents a batch gave a code, f32 `[codes]`.
    case clusterSize = "cluster_size"
    /// Euclidean codebooks: moving average of their sum, f32 `[codes, latent]`.
    case sums = "embed_avg"
    /// 1 where the codebook is more than zeros that a k-means start is to replace, f32 `[1]`.
    case isStarted = "initted"

    /// Before the name of each.
    package static let prefix = "quantize._codebook."

    /// In checkpoints and modules.
    package var key: String { CodebookKey.prefix + rawValue }

    /// Those that a quantizer has; each batch of a training changes them.
    package static func buffers(_ settings: QuantizerSettings) -> [CodebookKey] {
        guard settings.kind == .lucid else { return [] }
        return allCases.filter { $0 != .sums || !settings.normalizesCodes }
    }
}
