import Formats

extension ModelPreset {
    /// The 13 transformers of the zoo have 10 shapes: models that differ by their training data share one.
    static let transformers: [ModelPreset] =
        sizes.flatMap { size in
            let name = size.name
            let letters = name.uppercased()
            return [
                ModelPreset(
                    "4m-7-\(name)", .transformer, hub: ["4M-7_\(letters)_CC12M", "4M-7_\(letters)_COYO700M"],
                    "4M-\(letters), 7 modalities", config(size, inputs: mod7, outputs: mod7Outputs)),
                ModelPreset(
                    "4m-21-\(name)", .transformer, hub: ["4M-21_\(letters)"], "4M-\(letters), 21 modalities",
                    config(size, inputs: mod21, outputs: mod21.filter { $0 != "rgb@224" && $0 != "t5_caption" })),
                ModelPreset(
                    "4m-7-t2i-\(name)", .transformer, hub: ["4M-7-T2I_\(letters)_CC12M"], "4M-\(letters), text to image",
                    config(size, inputs: mod7, outputs: mod7Outputs)),
            ]
        } + [
            ModelPreset(
                "4m-7-sr-l", .transformer, hub: ["4M-7-SR_L_CC12M"], "4M-L, super-resolution from 224 to 448 pixels",
                config(sizes[1], inputs: superResolution, outputs: superResolution.filter { $0.hasPrefix("tok_") && $0.hasSuffix("@448") }))
        ]

    private struct Size {
        let name: String
        let dim: Int
        let depth: Int
        let heads: Int
    }

    /// `fm_{base_12e_12d,large_24e_24d,xlarge_24e_24d}_swiglu_nobias` of fourm/models/fm.py.
    private static let sizes = [
        Size(name: "b", dim: 768, depth: 12, heads: 12), Size(name: "l", dim: 1024, depth: 24, heads: 16),
        Size(name: "xl", dim: 2048, depth: 24, heads: 32),
    ]

    private static let mod7 = [
        "caption", "det", "rgb@224", "tok_clip@224", "tok_depth@224", "tok_normal@224", "tok_rgb@224", "tok_semseg@224",
    ]

    private static let mod7Outputs = mod7.filter { $0 != "rgb@224" }

    private static let mod21 = [
        "caption", "color_palette", "det", "human_poses", "metadata", "rgb@224", "sam_instance", "t5_caption", "tok_canny_edge@224",
        "tok_clip@224", "tok_depth@224", "tok_dinov2@224", "tok_dinov2_global", "tok_imagebind@224", "tok_imagebind_global",
        "tok_normal@224", "tok_rgb@224", "tok_sam_edge@224", "tok_semseg@224",
    ]

    private static let superResolution =
        ["caption", "det"]
        + ["rgb", "tok_clip", "tok_depth", "tok_normal", "tok_rgb", "tok_semseg"].flatMap { ["\($0)@224", "\($0)@448"] }

    private static func config(_ size: Size, inputs: [String], outputs: [String]) -> ConfigDictionary {
        [
            "domains_in": .list(inputs.map { .string($0) }), "domains_out": .list(outputs.map { .string($0) }),
            "image_size": .int(224), "patch_size": .int(16), "dim": .int(size.dim), "encoder_depth": .int(size.depth),
            "decoder_depth": .int(size.depth), "num_heads": .int(size.heads), "mlp_ratio": .double(4), "qkv_bias": .bool(false),
            "proj_bias": .bool(false), "mlp_bias": .bool(false), "norm_bias": .bool(false), "act_layer": .string("SiLU"),
            "gated_mlp": .bool(true), "qk_norm": .bool(false), "decoder_causal_mask": .bool(false), "decoder_sep_mask": .bool(false),
            "num_register_tokens": .int(0), "use_act_checkpoint": .bool(false), "share_modality_embeddings": .bool(false),
        ]
    }
}
