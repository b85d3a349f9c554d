import Formats

extension ModelPreset {
    /// The 12 tokenizers of the zoo.
    static let tokenizers: [ModelPreset] = [
        diffusion("tok-rgb-16k", "4M_tokenizers_rgb_16k_224-448", "RGB", ["tok_rgb"], "rgb", channels: 3, codes: 16384),
        diffusion("tok-depth-8k", "4M_tokenizers_depth_8k_224-448", "depth", ["tok_depth"], "depth", channels: 1, codes: 8192),
        diffusion(
            "tok-normal-8k", "4M_tokenizers_normal_8k_224-448", "surface normals", ["tok_normal"], "normal", channels: 3, codes: 8192),
        diffusion(
            "tok-edge-8k", "4M_tokenizers_edge_8k_224-512", "Canny and SAM edges", ["tok_canny_edge", "tok_sam_edge"], "canny_edge",
            channels: 1, codes: 8192, size: 512),
        vision(
            "tok-semseg-4k", "4M_tokenizers_semseg_4k_224-448", "COCO segmentation", ["tok_semseg"], "semseg_coco", channels: 64,
            codes: 4096,
            ["n_labels": .int(134)]),
        features(
            "tok-clip-8k", "4M_tokenizers_CLIP-B16_8k_224-448", "CLIP-B/16 features", "tok_clip", "CLIP-B16", channels: 512, patch: 16),
        features("tok-dinov2-8k", "4M_tokenizers_DINOv2-B14_8k_224-448", "DINOv2-B/14 features", "tok_dinov2", "DINOv2-B14", channels: 768),
        features(
            "tok-imagebind-8k", "4M_tokenizers_ImageBind-H14_8k_224-448", "ImageBind-H/14 features", "tok_imagebind", "ImageBind-H14",
            channels: 1280),
        pointwise(
            "tok-dinov2-global-8k", "4M_tokenizers_DINOv2-B14-global_8k_16_224", "DINOv2-B/14 global features", "tok_dinov2_global",
            "DINOv2-B14-global", channels: 768, codes: 8192, codebooks: 16),
        pointwise(
            "tok-imagebind-global-8k", "4M_tokenizers_ImageBind-H14-global_8k_16_224", "ImageBind-H/14 global features",
            "tok_imagebind_global", "ImageBind-H14-global", channels: 1280, codes: 8192, codebooks: 16),
        vision(
            "tok-sam-instance-1k", "4M_tokenizers_sam-instance_1k_64", "SAM instance masks", ["sam_instance"], "sam_mask", channels: 1,
            codes: 1024, ["image_size": .int(64), "out_conv": .bool(true), "post_mlp": .bool(false), "latent_dim": .int(1024)]),
        pointwise(
            "tok-human-poses-1k", "4M_tokenizers_human-poses_1k_8", "3D human poses", "human_poses", "human_poses", channels: 207,
            codes: 1024, codebooks: 8),
    ]

    private static func common(_ domain: String, channels: Int, codes: Int, encoder: String) -> ConfigDictionary {
        [
            "domain": .string(domain), "image_size": .int(448), "n_channels": .int(channels), "n_labels": .null,
            "enc_type": .string(encoder), "patch_proj": .bool(true), "post_mlp": .bool(true), "patch_size": .int(16),
            "quant_type": .string("lucid"), "codebook_size": .int(codes), "num_codebooks": .int(1), "latent_dim": .int(32),
            "norm_codes": .bool(true), "norm_latents": .bool(false), "undo_std": .bool(false),
        ]
    }

    /// ViT-B encoder and decoder.
    private static func vision(
        _ name: String, _ hub: String, _ title: String, _ modalities: [String], _ domain: String, channels: Int, codes: Int,
        _ own: ConfigDictionary
    ) -> ModelPreset {
        let base: ConfigDictionary = ["dec_type": .string("vit_b_dec"), "out_conv": .bool(false)]
        let config = common(domain, channels: channels, codes: codes, encoder: "vit_b_enc").merging(base).merging(own)
        return ModelPreset(name, .tokenizer, hub: [hub], "Tokenizer of \(title)", modalities: modalities, config)
    }

    /// ViT-B over feature maps, one vector for each token.
    private static func features(
        _ name: String, _ hub: String, _ title: String, _ modality: String, _ domain: String, channels: Int, patch: Int = 14
    ) -> ModelPreset {
        vision(
            name, hub, title, [modality], domain, channels: channels, codes: 8192, ["patch_proj": .bool(false), "patch_size": .int(patch)])
    }

    /// ViT-B encoder, patched UNet as a diffusion decoder.
    private static func diffusion(
        _ name: String, _ hub: String, _ title: String, _ modalities: [String], _ domain: String, channels: Int, codes: Int, size: Int = 448
    ) -> ModelPreset {
        let own: ConfigDictionary = [
            "image_size": .int(size), "dec_type": .string("unet_patched"), "conditioning": .string("concat"),
            "num_train_timesteps": .int(1000), "beta_schedule": .string("linear"), "prediction_type": .string("sample"),
            "zero_terminal_snr": .bool(true), "scheduler": .string("ddpm"), "thresholding": .bool(true), "clip_sample": .bool(false),
            "cls_free_guidance_dropout": .double(0), "masked_cfg": .bool(false), "masked_cfg_low": .int(0), "masked_cfg_high": .null,
        ]
        let config = common(domain, channels: channels, codes: codes, encoder: "vit_b_enc").merging(own)
        return ModelPreset(name, .tokenizer, hub: [hub], "Tokenizer of \(title), diffusion decoder", modalities: modalities, config)
    }

    /// Bottleneck MLPs and memcodes: one vector to `codebooks` tokens. (The published global tokenizers make 16, as their names
    /// and the modality table say; the training configuration has 8.)
    private static func pointwise(
        _ name: String, _ hub: String, _ title: String, _ modality: String, _ domain: String, channels: Int, codes: Int, codebooks: Int
    ) -> ModelPreset {
        let network = "BottleneckMLP/B_6-Wi_1024"
        let own: ConfigDictionary = [
            "image_size": .int(1), "dec_type": .string(network), "quant_type": .string("memcodes"), "num_codebooks": .int(codebooks),
            "latent_dim": .int(1024), "post_mlp": .bool(false),
        ]
        let config = common(domain, channels: channels, codes: codes, encoder: network).merging(own)
        return ModelPreset(name, .tokenizer, hub: [hub], "Tokenizer of \(title)", modalities: [modality], config)
    }
}
