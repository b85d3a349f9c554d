import Names

/// The shape of a 4M transformer: its layers, without its modalities.
///
/// Source: the models that `fourm/models/fm.py` names.
package struct ModelArchitecture: Sendable, Hashable {
    package var dim: Int
    package var encoderDepth: Int
    package var decoderDepth: Int
    package var heads: Int
    package var mlpRatio = 4.0
    /// Of all layers but the context's projection, which has one always.
    package var hasBias = false
    package var isGated = true
    package var hasQKNorm = false
    package var decoderCausalMask = false
    package var decoderSeparationMask = true
    package var sharesModalityEmbeddings = true
    /// Whether a head's weights are the decoder's token table.
    package var sharesHeads = true
    package var registerTokens = 0

    package init(dim: Int, encoderDepth: Int, decoderDepth: Int, heads: Int) {
        (self.dim, self.encoderDepth, self.decoderDepth, self.heads) = (dim, encoderDepth, decoderDepth, heads)
    }

    /// Of the models of that name in `fm.py`, by name.
    package static let named: [String: ModelArchitecture] = {
        let sizes: [(name: String, dim: Int, depth: Int, heads: Int)] = [
            ("tiny_6e_6d", 384, 6, 6), ("small_8e_8d", 512, 8, 8), ("base_12e_12d", 768, 12, 12), ("large_24e_24d", 1024, 24, 16),
            ("xlarge_24e_24d", 2048, 24, 32),
        ]
        var all: [String: ModelArchitecture] = [:]
        for size in sizes {
            let gated = ModelArchitecture(dim: size.dim, encoderDepth: size.depth, decoderDepth: size.depth, heads: size.heads)
            var (plain, normed) = (gated, gated)
            (plain.hasBias, plain.isGated, normed.hasQKNorm) = (true, false, true)
            all["fm_\(size.name)_gelu"] = plain
            all["fm_\(size.name)_swiglu_nobias"] = gated
            if size.depth >= 12 { all["fm_\(size.name)_swiglu_qknorm_nobias"] = normed }
        }
        return all
    }()

    private static let keys = [
        "dim", "encoder_depth", "decoder_depth", "num_heads", "mlp_ratio", "bias", "gated_mlp", "qk_norm", "decoder_causal_mask",
        "decoder_sep_mask", "share_modality_embeddings", "share_embedding",
    ]

    /// What `section` puts in place of it.
    /// - Throws: `SettingsError` naming the key.
    package mutating func apply(_ section: SettingsSection) throws(SettingsError) {
        try section.check(known: ModelArchitecture.keys)
        dim = try section.integer("dim", in: 4...1 << 16) ?? dim
        encoderDepth = try section.integer("encoder_depth", in: 0...1000) ?? encoderDepth
        decoderDepth = try section.integer("decoder_depth", in: 0...1000) ?? decoderDepth
        heads = try section.integer("num_heads", in: 1...1 << 12) ?? heads
        mlpRatio = try section.number("mlp_ratio", in: 0.01...1000) ?? mlpRatio
        hasBias = try section.flag("bias") ?? hasBias
        isGated = try section.flag("gated_mlp") ?? isGated
        hasQKNorm = try section.flag("qk_norm") ?? hasQKNorm
        decoderCausalMask = try section.flag("decoder_causal_mask") ?? decoderCausalMask
        decoderSeparationMask = try section.flag("decoder_sep_mask") ?? decoderSeparationMask
        sharesModalityEmbeddings = try section.flag("share_modality_embeddings") ?? sharesModalityEmbeddings
        sharesHeads = try section.flag("share_embedding") ?? sharesHeads
        guard dim % heads == 0 else { throw section.fault("num_heads", "\(heads)", allowed: "a divisor of dim, which is \(dim)") }
        guard dim % 4 == 0 else { throw section.fault("dim", "\(dim)", allowed: "a multiple of 4, as positions need it") }
    }
}
