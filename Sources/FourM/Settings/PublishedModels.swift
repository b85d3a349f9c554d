/// A model of the 4M authors' zoo on the Hugging Face Hub (ml-4m's README, "Model Zoo").
public struct PublishedModel: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable { case transformer, tokenizer }

    /// `ORG/NAME`
    public let repository: String
    public let kind: Kind
    /// What it is, in a few words.
    public let about: String

    private init(_ name: String, _ kind: Kind, _ about: String) {
        repository = "EPFL-VILAB/\(name)"
        (self.kind, self.about) = (kind, about)
    }

    /// All 13 transformers and 12 tokenizers.
    public static let all = transformers + tokenizers

    private static let transformers = [
        PublishedModel("4M-7_B_CC12M", .transformer, "198M parameters, 7 modalities, CC12M"),
        PublishedModel("4M-7_B_COYO700M", .transformer, "198M parameters, 7 modalities, COYO700M"),
        PublishedModel("4M-21_B", .transformer, "198M parameters, 21 modalities"),
        PublishedModel("4M-7_L_CC12M", .transformer, "705M parameters, 7 modalities, CC12M"),
        PublishedModel("4M-7_L_COYO700M", .transformer, "705M parameters, 7 modalities, COYO700M"),
        PublishedModel("4M-21_L", .transformer, "705M parameters, 21 modalities"),
        PublishedModel("4M-7_XL_CC12M", .transformer, "2.8B parameters, 7 modalities, CC12M"),
        PublishedModel("4M-7_XL_COYO700M", .transformer, "2.8B parameters, 7 modalities, COYO700M"),
        PublishedModel("4M-21_XL", .transformer, "2.8B parameters, 21 modalities"),
        PublishedModel("4M-7-T2I_B_CC12M", .transformer, "198M parameters, text to image"),
        PublishedModel("4M-7-T2I_L_CC12M", .transformer, "705M parameters, text to image"),
        PublishedModel("4M-7-T2I_XL_CC12M", .transformer, "2.8B parameters, text to image"),
        PublishedModel("4M-7-SR_L_CC12M", .transformer, "705M parameters, super-resolution 224 to 448"),
    ]

    private static let tokenizers = [
        PublishedModel("4M_tokenizers_rgb_16k_224-448", .tokenizer, "tok_rgb, diffusion decoder"),
        PublishedModel("4M_tokenizers_depth_8k_224-448", .tokenizer, "tok_depth, diffusion decoder"),
        PublishedModel("4M_tokenizers_normal_8k_224-448", .tokenizer, "tok_normal, diffusion decoder"),
        PublishedModel("4M_tokenizers_edge_8k_224-512", .tokenizer, "tok_canny_edge, tok_sam_edge, diffusion decoder"),
        PublishedModel("4M_tokenizers_semseg_4k_224-448", .tokenizer, "tok_semseg"),
        PublishedModel("4M_tokenizers_CLIP-B16_8k_224-448", .tokenizer, "tok_clip"),
        PublishedModel("4M_tokenizers_DINOv2-B14_8k_224-448", .tokenizer, "tok_dinov2"),
        PublishedModel("4M_tokenizers_DINOv2-B14-global_8k_16_224", .tokenizer, "tok_dinov2_global"),
        PublishedModel("4M_tokenizers_ImageBind-H14_8k_224-448", .tokenizer, "tok_imagebind"),
        PublishedModel("4M_tokenizers_ImageBind-H14-global_8k_16_224", .tokenizer, "tok_imagebind_global"),
        PublishedModel("4M_tokenizers_sam-instance_1k_64", .tokenizer, "sam_instance"),
        PublishedModel("4M_tokenizers_human-poses_1k_8", .tokenizer, "human_poses"),
    ]
}
