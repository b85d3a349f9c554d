import IR

/// The decoding half of a small VQ-VAE with several codebooks whose map has one position, with random weights: tokens of a whole image to
/// 12 numbers. Stands in for the tokenizers of global features.
package struct SyntheticTokenizer: Sendable {
    package var codebooks = 16
    package var codes = 24

    package init() {}

    package var metadata: [String: String] {
        let network = "{'dim_tokens': 8, 'depth': 1, 'num_heads': 2, 'mlp_ratio': 4.0}"
        return [
            "image_size": "1", "patch_size": "1", "n_channels": "12", "enc_type": "vit_b_enc", "dec_type": "vit_b_dec",
            "patch_proj": "True",
            "post_mlp": "False", "out_conv": "False", "quant_type": "lucid", "codebook_size": "\(codes)", "num_codebooks": "\(codebooks)",
            "latent_dim": "4", "norm_codes": "False", "norm_latents": "False", "undo_std": "False", "enc_args": network,
            "dec_args": network,
        ]
    }

    package func tensors() -> [String: Tensor] {
        var random = SampleTensors(seed: 3)
        let shapes: [(String, [Int])] = [
            ("quantize._codebook.embed", [codes, 4]), ("quantize.project_out.weight", [4, 4 * codebooks]),
            ("quantize.project_out.bias", [4]),
            ("post_quant_proj.weight", [8, 4, 1, 1]), ("post_quant_proj.bias", [8]), ("decoder.pos_emb", [1, 8, 1, 1]),
            ("decoder.out_proj.weight", [12, 8]), ("decoder.out_proj.bias", [12]),
        ]
        let block: [(String, [Int])] = [
            ("norm1.weight", [8]), ("norm1.bias", [8]), ("norm2.weight", [8]), ("norm2.bias", [8]), ("attn.qkv.weight", [24, 8]),
            ("attn.qkv.bias", [24]), ("attn.proj.weight", [8, 8]), ("attn.proj.bias", [8]), ("mlp.fc1.weight", [32, 8]),
            ("mlp.fc1.bias", [32]),
            ("mlp.fc2.weight", [8, 32]), ("mlp.fc2.bias", [8]),
        ]
        let all = shapes + block.map { ("decoder.blocks.0.\($0.0)", $0.1) }
        return Dictionary(uniqueKeysWithValues: all.map { ($0.0, random.floats($0.1, -1...1)) })
    }
}
