import IR
import Testing

@testable import Formats
@testable import Importers

/// Half a tokenizer, names that nobody has, and what is refused.
struct TokenizerPartTests {
    private static let config = [
        "image_size": "224", "n_channels": "207", "enc_type": "BottleneckMLP/B_2-Wi_64", "dec_type": "MLP/B_3-Wi_32",
        "codebook_size": "16", "latent_dim": "8", "num_codebooks": "4", "quant_type": "memcodes",
    ]

    private static func tensors() -> ReferenceTensors {
        var made = ReferenceTensors()
        made.bottleneckMLP("encoder", inputs: 207, outputs: 64, blocks: 2, width: 64)
        made.quantProjection(64, 8)
        made.memcodes(heads: 4, codes: 16, latent: 8)
        made.postQuantProjection(8, 32)
        made.layer("decoder.linear_in", [32, 32])
        made.layer("decoder.linear_out", [207, 32])
        for index in 0..<2 {
            made.layer("decoder.layers.\(index)", [32, 32])
            made.layer("decoder.layernorms.\(index)", [32])
        }
        return made
    }

    private static func module(_ part: TokenizerPart, _ change: (inout [String: String]) -> Void = { _ in }) throws -> Module {
        var settings = config
        change(&settings)
        return try FourMImporter.importModel(ZooTokenizerTests.checkpoint(settings, tensors()), part: part)
    }

    @Test func eachHalfHasItsOwnWeightsOnly() throws {
        let (whole, encoder, decoder) = (try Self.module(.whole), try Self.module(.encoder), try Self.module(.decoder))
        for module in [whole, encoder, decoder] { try module.verify() }
        #expect(encoder.functions.map(\.name) == ["tokenize"])
        #expect(decoder.functions.map(\.name) == ["detokenize", "decode_quant"])
        func prefixes(_ module: Module) -> Set<String> {
            Set(module.constants.keys.map { String($0.prefix { $0 != "." }) })
        }
        #expect(prefixes(encoder) == ["encoder", "quant_proj", "quantize"])
        #expect(prefixes(decoder) == ["decoder", "post_quant_proj", "quantize"])
        #expect(Set(encoder.constants.keys).union(decoder.constants.keys) == Set(whole.constants.keys))
        for key in ["codebook_size", "num_codebooks", "patch_size", "channels", "input"] {
            #expect(encoder.metadata[key] == whole.metadata[key] && decoder.metadata[key] == whole.metadata[key])
        }
    }

    @Test func theOtherHalfMayBeBrokenOrAbsent() throws {
        let encoder = try Self.module(.encoder) { $0["dec_type"] = "nonsense" }
        #expect(encoder.functions.map(\.name) == ["tokenize"])
        let decoder = try Self.module(.decoder) { $0["enc_type"] = "nonsense" }
        #expect(decoder.functions.map(\.name) == ["detokenize", "decode_quant"])
        var tensors = Self.tensors().checkpoint
        for key in tensors.keys where key.hasPrefix("decoder.") || key.hasPrefix("post_quant_proj.") { tensors[key] = nil }
        let config = Config(HeaderText.parse(Self.config), file: "half")
        let half = Checkpoint(name: "half", tensors: tensors, config: config, files: ["half.safetensors"])
        #expect(try FourMImporter.importModel(half).functions.map(\.name) == ["tokenize"])
        let error = #expect(throws: ImportError.self) { try FourMImporter.importModel(half, part: .decoder) }
        #expect(error?.description.contains("the decoder was asked for") == true)
    }

    @Test(arguments: [
        ("enc_type", "BottleneckMLP/B_6"), ("enc_type", "BottleneckMLP/B_x-Wi_64"), ("enc_type", "MLP/B_0-Wi_64"),
        ("enc_type", "MLP/B_2-Wi_99999999999999999999"), ("enc_type", "MLP"), ("num_codebooks", "3"), ("quant_type", "vqgan"),
        ("dec_type", "BottleneckMLP/B_2-Wi_32-E_0"), ("dec_type", "resnet_50"),
    ])
    func badNamesAreNamed(_ key: String, _ value: String) throws {
        let text: String
        do {
            _ = try Self.module(.whole) { $0[key] = value }
            text = ""
        } catch { text = "\(error)" }
        #expect(text.contains("'\(key)'") && text.contains(value), "\(text)")
    }

    @Test func mlpNamesAreReadByPosition() {
        #expect(PointwiseMLP(name: "BottleneckMLP/B_6-Wi_1024") == PointwiseMLP(name: "BottleneckMLP/B_6-Wi_1024-E_4"))
        #expect(PointwiseMLP(name: "MLP/B_3-Wi_32")?.depth == 3)
        #expect(PointwiseMLP(name: "BottleneckMLP/B_6-Wi_1024-E_2")?.expansion == 2)
    }

    @Test func controlNetSaysWhatItWouldTake() throws {
        var tensors = ReferenceTensors()
        tensors.vision("encoder", channels: 3, patch: 16, grid: 14)
        tensors.quantProjection(768, 32)
        tensors.lucid(codes: 1024, latent: 32)
        tensors.layer("decoder.controlnet.conv_in", [320, 4, 3, 3])
        tensors.layer("vae.quant_conv", [8, 8, 1, 1])
        let config = [
            "image_size": "224", "enc_type": "vit_b_enc", "post_mlp": "True", "codebook_size": "1024", "latent_dim": "32",
            "sd_path": "runwayml/stable-diffusion-v1-5",
        ]
        let checkpoint = ZooTokenizerTests.checkpoint(config, tensors)
        let error = #expect(throws: ImportError.self) { try FourMImporter.importModel(checkpoint) }
        #expect(error?.description.contains("VQ-ControlNet") == true)
        let encoder = try FourMImporter.importModel(checkpoint, part: .encoder)
        #expect(encoder.functions.map(\.name) == ["tokenize"])
        #expect(encoder.metadata["family"] == .string("vqcontrolnet"))
    }

    @Test(arguments: [
        ("uvit_b_p4_f32", "", "uvit_b_p4_f16_extraconv"), ("uvit_b_p4_f16", "{'act_fn': 'gelu'}", "act_fn"),
        ("uvit_b_p4_f16_longskip", "{'mid_layers': 2}", "mid_layers"), ("uvit_b_p4_f8", "{'block_out_channels': [30]}", "multiples of 32"),
        ("uvit_b_p4_f8", "{'layers_per_block': [1, 2, 3]}", "layers_per_block"), ("uvit_b_p4_f8", "{'mid_num_heads': 5}", "mid_num_heads"),
        ("uvit_b_p4_f8", "{'patch_size': 0}", "patch_size"),
    ])
    func badUViTSettingsAreNamed(_ type: String, _ arguments: String, _ words: String) {
        var tensors = ReferenceTensors()
        tensors.lucid(codes: 64, latent: 32)
        tensors.layer("decoder.conv_in", [128, 3, 4, 4])
        var config = ["image_size": "224", "dec_type": type, "codebook_size": "64", "latent_dim": "32", "beta_schedule": "linear"]
        if !arguments.isEmpty { config["dec_args"] = arguments }
        let text: String
        do {
            _ = try FourMImporter.importModel(ZooTokenizerTests.checkpoint(config, tensors))
            text = ""
        } catch { text = "\(error)" }
        #expect(text.contains(words), "\(text)")
    }
}
