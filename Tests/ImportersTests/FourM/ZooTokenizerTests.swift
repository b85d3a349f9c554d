import IR
import Testing

@testable import Formats
@testable import Importers

/// The twelve tokenizers of the zoo (README of apple/ml-4m) at their true sizes, from their training configurations in
/// cfgs/default/tokenization.
struct ZooTokenizerTests {
    struct Tokenizer: CustomTestStringConvertible, Sendable {
        let name: String
        /// As the header of a released checkpoint says it, in text.
        let config: [String: String]
        let tensors: @Sendable () -> ReferenceTensors
        let functions: [String]
        /// Symbol sizes of one sample, and the tokens' sizes they must lead to.
        let binding: Binding
        let tokens: [Int]
        var testDescription: String { name }
    }

    private static let vqvae = ["tokenize", "detokenize", "decode_quant"]
    private static let divae = ["tokenize", "embed_codes", "denoise", "denoise_masked"]

    /// rgb, depth, normal, edges: ViT-B with a patched UNet.
    private static func diffusion(_ name: String, channels: Int, codes: Int, size: Int) -> Tokenizer {
        let config = [
            "image_size": "\(size)", "n_channels": "\(channels)", "enc_type": "vit_b_enc", "dec_type": "unet_patched", "patch_size": "16",
            "post_mlp": "True", "codebook_size": "\(codes)", "latent_dim": "32", "norm_codes": "True", "beta_schedule": "linear",
            "prediction_type": "sample", "num_train_timesteps": "1000", "cls_free_guidance_dropout": "0.0", "n_labels": "None",
        ]
        let tensors: @Sendable () -> ReferenceTensors = {
            var made = ReferenceTensors()
            made.vision("encoder", channels: channels, patch: 16, grid: size / 16)
            made.quantProjection(768, 32)
            made.lucid(codes: codes, latent: 32)
            made.patchedUNet(channels: channels, latent: 32)
            return made
        }
        return Tokenizer(
            name: name, config: config, tensors: tensors, functions: divae, binding: ["batch": 1, "gh": 14, "gw": 14], tokens: [1, 14, 14])
    }

    /// CLIP, DINOv2, ImageBind feature maps: a token for each of their patches.
    private static func features(_ name: String, channels: Int, patch: Int) -> Tokenizer {
        let config = [
            "image_size": "448", "n_channels": "\(channels)", "enc_type": "vit_b_enc", "dec_type": "vit_b_dec", "patch_size": "\(patch)",
            "patch_proj": "False", "post_mlp": "True", "codebook_size": "8192", "latent_dim": "32", "norm_codes": "True",
        ]
        let tensors: @Sendable () -> ReferenceTensors = {
            var made = ReferenceTensors()
            for side in ["encoder", "decoder"] { made.vision(side, channels: channels, patch: 1, grid: 448 / patch) }
            made.quantProjection(768, 32)
            made.postQuantProjection(32, 768)
            made.lucid(codes: 8192, latent: 32)
            return made
        }
        let side = 224 / patch
        return Tokenizer(
            name: name, config: config, tensors: tensors, functions: vqvae, binding: ["batch": 1, "gh": side, "gw": side],
            tokens: [1, side, side])
    }

    /// Global features and poses: one place, a token for each head of memcodes.
    private static func vectors(_ name: String, channels: Int, heads: Int, codes: Int) -> Tokenizer {
        let config = [
            "image_size": "224", "n_channels": "\(channels)", "enc_type": "BottleneckMLP/B_6-Wi_1024",
            "dec_type": "BottleneckMLP/B_6-Wi_1024", "patch_proj": "False", "codebook_size": "\(codes)", "latent_dim": "1024",
            "num_codebooks": "\(heads)", "quant_type": "memcodes",
        ]
        let tensors: @Sendable () -> ReferenceTensors = {
            var made = ReferenceTensors()
            made.bottleneckMLP("encoder", inputs: channels, outputs: 1024)
            made.bottleneckMLP("decoder", inputs: 1024, outputs: channels)
            made.quantProjection(1024, 1024)
            made.postQuantProjection(1024, 1024)
            made.memcodes(heads: heads, codes: codes, latent: 1024)
            return made
        }
        return Tokenizer(
            name: name, config: config, tensors: tensors, functions: vqvae, binding: ["batch": 1, "gh": 1, "gw": 1],
            tokens: [1, heads, 1, 1])
    }

    private static let semseg = Tokenizer(
        name: "semseg_4k_224-448",
        config: [
            "image_size": "448", "n_channels": "64", "n_labels": "134", "enc_type": "vit_b_enc", "dec_type": "vit_b_dec",
            "patch_size": "16", "post_mlp": "True", "codebook_size": "4096", "latent_dim": "32", "norm_codes": "True",
        ],
        tensors: {
            var made = ReferenceTensors()
            made.add("cls_emb.weight", [134, 64])
            made.vision("encoder", channels: 64, patch: 16, grid: 28)
            made.vision("decoder", channels: 134, patch: 16, grid: 28)
            made.quantProjection(768, 32)
            made.postQuantProjection(32, 768)
            made.lucid(codes: 4096, latent: 32)
            return made
        }, functions: vqvae, binding: ["batch": 1, "gh": 14, "gw": 14], tokens: [1, 14, 14])

    private static let samInstance = Tokenizer(
        name: "sam-instance_1k_64",
        config: [
            "image_size": "64", "n_channels": "1", "enc_type": "vit_b_enc", "dec_type": "vit_b_dec", "patch_size": "16",
            "out_conv": "True", "codebook_size": "1024", "latent_dim": "1024", "norm_codes": "True",
        ],
        tensors: {
            var made = ReferenceTensors()
            made.vision("encoder", channels: 1, patch: 16, grid: 4, postMLP: false)
            made.vision("decoder", channels: 1, patch: 16, grid: 4, postMLP: false, outConv: true)
            made.quantProjection(768, 1024)
            made.postQuantProjection(1024, 768)
            made.lucid(codes: 1024, latent: 1024)
            return made
        }, functions: vqvae, binding: ["batch": 1, "gh": 4, "gw": 4], tokens: [1, 4, 4])

    static let zoo = [
        diffusion("rgb_16k_224-448", channels: 3, codes: 16384, size: 448),
        diffusion("depth_8k_224-448", channels: 1, codes: 8192, size: 448),
        diffusion("normal_8k_224-448", channels: 3, codes: 8192, size: 448),
        diffusion("edge_8k_224-512", channels: 1, codes: 8192, size: 512), semseg,
        features("CLIP-B16_8k_224-448", channels: 512, patch: 16), features("DINOv2-B14_8k_224-448", channels: 768, patch: 14),
        features("ImageBind-H14_8k_224-448", channels: 1280, patch: 14),
        vectors("DINOv2-B14-global_8k_16_224", channels: 768, heads: 16, codes: 8192),
        vectors("ImageBind-H14-global_8k_16_224", channels: 1280, heads: 16, codes: 8192), samInstance,
        vectors("human-poses_1k_8", channels: 207, heads: 8, codes: 1024),
    ]

    static func checkpoint(_ config: [String: String], _ tensors: ReferenceTensors) -> Checkpoint {
        Checkpoint(name: "zoo", tensors: tensors.checkpoint, config: Config(HeaderText.parse(config), file: "zoo"), files: ["zoo"])
    }

    /// Strict: every tensor of the checkpoint is used, none is missing, each has the shape that the configuration asks for.
    @Test(arguments: zoo) func imports(_ tokenizer: Tokenizer) throws {
        let module = try FourMImporter.importModel(Self.checkpoint(tokenizer.config, tokenizer.tensors()))
        try module.verify()
        #expect(module.functions.map(\.name) == tokenizer.functions)
        let tokenize = try #require(module.function("tokenize"))
        let tokens = try #require(tokenize.outputs.first { $0.name == "tokens" })
        #expect(try tokenize.type(of: tokens.value).sizes(tokenizer.binding) == tokenizer.tokens)
    }

    @Test func thereAreTwelve() { #expect(Set(Self.zoo.map(\.name)).count == 12) }

    /// Every preset of UViT with both kinds of conditioning. Dimensions as in fourm/vq/models/uvit.py, written down once more.
    @Test(
        arguments: [
            ("uvit_b_p4_f16", ReferenceTensors.UViTShape(dim: 768, depth: 12)),
            ("uvit_l_p4_f16", .init(dim: 1024, depth: 24)), ("uvit_h_p4_f16", .init(dim: 1280, depth: 32)),
            ("uvit_b_p4_f16_longskip", .init(dim: 768, depth: 13, longSkips: true)),
            ("uvit_l_p4_f16_longskip", .init(dim: 1024, depth: 25, longSkips: true)),
            ("uvit_b_p4_f8", .init(dim: 768, depth: 12, halves: false)), ("uvit_l_p4_f8", .init(dim: 1024, depth: 24, halves: false)),
            ("uvit_b_p4_f16_extraconv", .init(levels: [128, 256, 512], dim: 768, depth: 12, halves: false)),
            ("uvit_l_p4_f16_extraconv", .init(levels: [128, 256, 512], dim: 1024, depth: 24, halves: false)),
        ], ["concat", "xattn"])
    func uvitPresetsImport(_ preset: (String, ReferenceTensors.UViTShape), _ conditioning: String) throws {
        var shape = preset.1
        shape.crossAttention = conditioning == "xattn"
        var tensors = ReferenceTensors()
        tensors.lucid(codes: 1024, latent: 32)
        tensors.uvit(shape, channels: 3, latent: 32)
        let config = [
            "image_size": "224", "enc_type": "vit_b_enc", "dec_type": preset.0, "codebook_size": "1024", "latent_dim": "32",
            "conditioning": conditioning, "beta_schedule": "shifted_cosine:0.5", "prediction_type": "v_prediction",
        ]
        let module = try FourMImporter.importModel(Self.checkpoint(config, tensors))
        try module.verify()
        #expect(module.functions.map(\.name) == ["embed_codes", "denoise", "denoise_masked"])
        guard case .dictionary(let diffusion)? = module.metadata["diffusion"] else {
            Issue.record("no diffusion settings")
            return
        }
        #expect(diffusion["size_multiple"] == .int(preset.0.contains("f8") ? 8 : 16))
        let heads = ["b": 12, "l": 16, "h": 16][String(preset.0.dropFirst(5).prefix(1))]
        let denoise = try #require(module.function("denoise"))
        let name = "decoder.mid_block.mid_block.0.\(shape.crossAttention ? "self_attn" : "attn").scores"
        let scores = try #require(denoise.nodes.first { $0.name == name })
        #expect(denoise.type(of: scores.outputs[0]).shape[1] == heads.map { Dim($0) })
    }
}
