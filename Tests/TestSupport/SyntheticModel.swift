import IR

/// Random weights of a small 4M transformer, under the names and with the shapes that the reference's modules give them
/// (`fm.py`, `fm_utils.py`, `encoder_embeddings.py`, `decoder_embeddings.py` in `fourm/models`).
package struct SyntheticModel: Sendable {
    /// One modality's embedding modules.
    package struct Modality: Sendable {
        package enum Content: Sendable {
            /// `ImageEncoderEmbedding`, input only; patch side in pixels.
            case pixels(channels: Int, patch: Int)
            /// `ImageTokenEncoderEmbedding`, `ImageTokenDecoderEmbedding`
            case tokens(vocabulary: Int)
            /// `SequenceEncoderEmbedding`, `SequenceDecoderEmbedding`
            case text(vocabulary: Int)
            /// `SequenceEmbEncoderEmbedding`, input only, with or without bottleneck.
            case vectors(width: Int, bottleneck: Int?)
        }

        package let name: String
        package let content: Content
        /// Rows of the position table: 512 of sine and cosine for texts, whatever their length.
        package let positions: Int

        package init(_ name: String, _ content: Content, positions: Int) {
            self.name = name
            self.content = content
            self.positions = positions
        }

        package var isOutput: Bool {
            switch content {
            case .pixels, .vectors: false
            case .tokens, .text: true
            }
        }
    }

    package var modalities: [Modality]
    package var dim = 8
    package var heads = 2
    package var encoderDepth = 1
    package var decoderDepth = 1
    package var isGated = true
    package var hasBias = false
    package var hasQKNorm = false
    package var registers = 0
    /// Of the image whose modality names no size.
    package var imageSize = 224
    /// Leaves out the decoder, as `FMViT` of `fm_vit.py`.
    package var isEncoderOnly = false
    package var seed: UInt64 = 1

    package init(_ modalities: [Modality]) { self.modalities = modalities }

    /// The header's metadata, values as Python prints them.
    package var metadata: [String: String] {
        func flag(_ value: Bool) -> String { value ? "True" : "False" }
        func list(_ names: [String]) -> String { "[\(names.map { "'\($0)'" }.joined(separator: ", "))]" }
        var fields = [
            "dim": "\(dim)", "num_heads": "\(heads)", "encoder_depth": "\(encoderDepth)", "mlp_ratio": "4.0",
            "act_layer": isGated ? "SiLU" : "GELU", "gated_mlp": flag(isGated), "qkv_bias": flag(hasBias), "proj_bias": flag(hasBias),
            "mlp_bias": flag(hasBias), "norm_bias": flag(hasBias), "qk_norm": flag(hasQKNorm), "image_size": "\(imageSize)",
            "patch_size": "16",
        ]
        if isEncoderOnly { return fields }
        fields["decoder_depth"] = "\(decoderDepth)"
        fields["num_register_tokens"] = "\(registers)"
        fields["share_modality_embeddings"] = "False"
        fields["domains_in"] = list(modalities.map(\.name))
        fields["domains_out"] = list(modalities.filter(\.isOutput).map(\.name))
        return fields
    }

    package func tensors() -> [String: Tensor] {
        var weights = Weights(seed: seed)
        for modality in modalities { embed(modality, &weights) }
        for layer in 0..<encoderDepth {
            let name = "encoder.\(layer)"
            norms(["norm1", "norm2"].map { "\(name).\($0)" }, &weights)
            selfAttention("\(name).attn", &weights)
            mlp("\(name).mlp", &weights)
        }
        norms(["encoder_norm"], &weights)
        if !isEncoderOnly { decoder(&weights) }
        return weights.tensors
    }

    private struct Weights {
        var tensors: [String: Tensor] = [:]
        private var random: SampleTensors

        init(seed: UInt64) { random = SampleTensors(seed: seed) }

        mutating func add(_ name: String, _ shape: [Int], _ range: ClosedRange<Double> = -0.6...0.6) {
            tensors[name] = random.floats(shape, range)
        }
    }

    private func embed(_ modality: Modality, _ weights: inout Weights) {
        let sides = ["encoder_embeddings"] + (modality.isOutput && !isEncoderOnly ? ["decoder_embeddings"] : [])
        for side in sides {
            let prefix = "\(side).\(modality.name)"
            weights.add("\(prefix).pos_emb", [1, modality.positions, dim])
            weights.add("\(prefix).mod_emb", [1, 1, dim])
            switch modality.content {
            case .pixels(let channels, let patch): weights.add("\(prefix).proj.weight", [dim, channels * patch * patch], -0.05...0.05)
            case .tokens(let vocabulary), .text(let vocabulary):
                weights.add("\(prefix).token_emb.weight", [vocabulary, dim])
                if side == "decoder_embeddings" { weights.add("\(prefix).to_logits.weight", [vocabulary, dim]) }
            case .vectors(let width, nil): linear("\(prefix).emb_proj", width, dim, bias: true, &weights)
            case .vectors(let width, let narrow?):
                linear("\(prefix).emb_proj.0", width, narrow, bias: true, &weights)
                linear("\(prefix).emb_proj.1", narrow, dim, bias: true, &weights)
            }
        }
    }

    private func decoder(_ weights: inout Weights) {
        linear("decoder_proj_context", dim, dim, bias: true, &weights)
        for layer in 0..<decoderDepth {
            let name = "decoder.\(layer)"
            norms(["norm1", "query_norm", "context_norm", "norm2"].map { "\(name).\($0)" }, &weights)
            selfAttention("\(name).self_attn", &weights)
            linear("\(name).cross_attn.q", dim, dim, bias: hasBias, &weights)
            linear("\(name).cross_attn.kv", dim, 2 * dim, bias: hasBias, &weights)
            linear("\(name).cross_attn.proj", dim, dim, bias: hasBias, &weights)
            if hasQKNorm { headNorms("\(name).cross_attn", &weights) }
            mlp("\(name).mlp", &weights)
        }
        norms(["decoder_norm"], &weights)
        weights.add("mask_token", [1, 1, dim])
        if registers > 0 { weights.add("register_tokens", [1, registers, dim]) }
    }

    private func selfAttention(_ name: String, _ weights: inout Weights) {
        linear("\(name).qkv", dim, 3 * dim, bias: hasBias, &weights)
        linear("\(name).proj", dim, dim, bias: hasBias, &weights)
        if hasQKNorm { headNorms(name, &weights) }
    }

    private func headNorms(_ name: String, _ weights: inout Weights) {
        norms(["q_norm", "k_norm"].map { "\(name).\($0)" }, size: dim / heads, &weights)
    }

    /// Norms without a trained bias store a zero one.
    private func norms(_ names: [String], size: Int? = nil, _ weights: inout Weights) {
        for name in names {
            weights.add("\(name).weight", [size ?? dim], 0.5...1.5)
            weights.add("\(name).bias", [size ?? dim], hasBias ? -0.3...0.3 : 0...0)
        }
    }

    private func mlp(_ name: String, _ weights: inout Weights) {
        let hidden = isGated ? 2 * (4 * dim) / 3 : 4 * dim
        linear("\(name).fc1", dim, hidden, bias: hasBias, &weights)
        linear("\(name).fc2", hidden, dim, bias: hasBias, &weights)
        if isGated { linear("\(name).fc3", dim, hidden, bias: hasBias, &weights) }
    }

    private func linear(_ name: String, _ inputs: Int, _ outputs: Int, bias: Bool, _ weights: inout Weights) {
        weights.add("\(name).weight", [outputs, inputs])
        if bias { weights.add("\(name).bias", [outputs], -0.2...0.2) }
    }
}

extension SyntheticModel {
    /// Every modality of 4M-7, 4M-21 and the 448-pixel model, with the positions that its modules make for it.
    package static let zoo: [Modality] =
        [
            Modality("rgb@224", .pixels(channels: 3, patch: 16), positions: 196),
            Modality("rgb@448", .pixels(channels: 3, patch: 16), positions: 784),
            Modality("t5_caption", .vectors(width: 12, bottleneck: nil), positions: 512),
        ]
        + ["caption", "det", "metadata", "human_poses", "color_palette", "sam_instance"].map {
            Modality($0, .text(vocabulary: 20), positions: 512)
        }
        + [
            "tok_rgb@224", "tok_depth@224", "tok_normal@224", "tok_semseg@224", "tok_clip@224", "tok_canny_edge@224", "tok_sam_edge@224",
        ].map { Modality($0, .tokens(vocabulary: 24), positions: 196) }
        + ["tok_dinov2@224", "tok_imagebind@224"].map { Modality($0, .tokens(vocabulary: 24), positions: 256) }
        + ["tok_dinov2_global", "tok_imagebind_global"].map { Modality($0, .tokens(vocabulary: 24), positions: 16) }
        + ["tok_rgb@448", "tok_depth@448", "tok_normal@448", "tok_semseg@448", "tok_clip@448"].map {
            Modality($0, .tokens(vocabulary: 24), positions: 784)
        }
}
