import Foundation
import IR
import TestSupport
import Testing

@testable import Formats
@testable import Importers

/// What every imported module must be, and what must not import.
@Suite(needsShared)
struct ImportTests {
    static let importable = [
        "goldens/fm/fm21", "goldens/fm/fm7_causal_sepmask", "goldens/fm/fm7_empty_context", "goldens/fm/fm7_gelu_bias",
        "goldens/fm/fm7_qknorm", "goldens/fm/fm7_registers", "goldens/fm/fm7_share_modemb", "goldens/fm/fm7_sr448",
        "goldens/fm/fm7_swiglu_nobias", "goldens/generation/gen7_multi_guided", "goldens/generation/gen7_runs",
        "goldens/tokenizer/vqvae_rgb", "goldens/tokenizer/vqvae_featuremap", "goldens/tokenizer/vqvae_nonsquare_model",
        "goldens/tokenizer/vqvae_outconv_learned_euclid", "goldens/tokenizer/vqvae_semseg",
        "goldens/tokenizer/vqvae_two_codebooks", "goldens/tokenizer/lucid_vit_enc_mlp_dec", "goldens/tokenizer/memcodes_mlp",
        "goldens/tokenizer/memcodes_bottleneck_mlp", "goldens/diffusion/divae_uvit_concat", "goldens/diffusion/divae_uvit_longskip",
        "goldens/diffusion/divae_uvit_xattn", "goldens/diffusion/divae_unet",
        "goldens/diffusion/divae_unet_noresample",
        "goldens/diffusion/divae_unet_odd", "goldens/checkpoint/base_f32", "goldens/checkpoint/fm_shared_alias",
        "goldens/checkpoint/sharded", "goldens/checkpoint/stored_mixed", "shapes/fm.safetensors",
        "shapes/tok_rgb.safetensors", "shapes/tok_rgb_vqvae.safetensors", "shapes/tok_depth.safetensors",
        "shapes/tok_normal.safetensors", "shapes/tok_semseg.safetensors",
    ]

    @Test(arguments: importable)
    func verifiesAndPrints(_ name: String) throws {
        let path = SharedData.path(name)
        let module = try FourMImporter.importModel(try Checkpoint.open(path))
        try module.verify()
        #expect(module.stage == .imported)
        #expect(module.metadata["warnings"] == nil)
        #expect(!module.functions.isEmpty)
        let again = try Module(parsing: module.description, resolving: module.constants)
        #expect(again == module)
        var copy = module
        #expect(copy.removeUnusedConstants() == 0)
    }

    @Test func corruptFilesEndAsExpected() throws {
        let folder = "checkpoint/corrupt"
        let facts = try Config.read(FourMGoldens.path("\(folder)/case.json")).section("parameters")
        guard case .list(let files)? = facts["files"]?.value else {
            Issue.record("no list of files")
            return
        }
        #expect(files.count > 30)
        for entry in files.map({ Config($0, file: "case.json") }) {
            let file = try entry.string("file")
            let failure = Self.failure(FourMGoldens.path("\(folder)/\(file)"))
            // The official reader takes a config.json only beside `model.safetensors`, this one beside every file.
            let fails = try entry.string("expected") == "error" && file != "no_metadata.safetensors"
            #expect((failure != nil) == fails, "\(file): \(failure ?? "imported")")
        }
    }

    private static func failure(_ path: String) -> String? {
        do {
            let module = try FourMImporter.importModel(try Checkpoint.open(path))
            try module.verify()
            return nil
        } catch { return "\(error)" }
    }

    @Test(arguments: [
        ("missing_tensor", ["quant_proj.bias", "[8]"]), ("extra_tensor", ["encoder.unknown.weight"]),
        ("wrong_shape", ["quant_proj.weight", "[8, 12, 1, 1]", "[8, 9, 1, 1]"]),
        ("transposed_shape", ["encoder.blocks.0.mlp.fc1.weight", "[48, 12]", "[12, 48]"]),
        ("config_bad_enum", ["quant_type", "vqgan", "lucid"]), ("config_bad_number", ["patch_size", "0"]),
        ("config_heads_not_dividing", ["num_heads"]),
    ])
    func messagesNameTheFault(_ file: String, _ words: [String]) throws {
        let path = FourMGoldens.path("checkpoint/corrupt/\(file).safetensors")
        let text = try #require(Self.failure(path))
        for word in words + [path] { #expect(text.contains(word), "\(text)") }
    }

    @Test func laxImportListsForeignTensors() throws {
        let path = FourMGoldens.path("checkpoint/corrupt/extra_tensor.safetensors")
        let module = try FourMImporter.importModel(try Checkpoint.open(path), isStrict: false)
        guard case .strings(let warnings)? = module.metadata["warnings"] else {
            Issue.record("no warnings")
            return
        }
        #expect(warnings.count == 1 && warnings[0].contains("encoder.unknown.weight"))
        #expect(module.constants["encoder.unknown.weight"] == nil)
    }

    @Test func halvesOfATokenizerImport() throws {
        let whole = try Checkpoint.open(FourMGoldens.path("checkpoint/base_f32"))
        func names(_ keep: (String) -> Bool) throws -> [String] {
            let tensors = whole.tensors.filter { keep($0.key) }
            let part = Checkpoint(name: "half", tensors: tensors, config: whole.config, files: whole.files)
            let module = try FourMImporter.importModel(part)
            try module.verify()
            return module.functions.map(\.name)
        }
        let isDecoder = { (key: String) in key.hasPrefix("decoder.") || key.hasPrefix("post_quant_proj.") }
        #expect(try names { !isDecoder($0) } == ["tokenize"])
        #expect(try names { isDecoder($0) || $0.hasPrefix("quantize.") } == ["detokenize", "decode_quant"])
    }

    @Test func modalitiesAreDescribed() throws {
        let module = try FourMGoldens.importCase("fm/fm21")
        guard case .dictionary(let modalities)? = module.metadata["modalities"] else {
            Issue.record("no modalities")
            return
        }
        func fields(_ name: String) -> Attributes {
            if case .dictionary(let fields)? = modalities[name] { fields } else { [:] }
        }
        #expect(fields("rgb@224")["kind"] == .string("image_pixels"))
        #expect(fields("rgb@224")["output"] == .bool(false))
        #expect(fields("tok_dinov2@224")["patch_size"] == .ints([14, 14]))
        #expect(fields("tok_dinov2_global")["grid"] == .ints([4, 4]))
        #expect(fields("color_palette")["max_length"] == .int(23))
        #expect(fields("t5_caption")["embedding_dim"] == .int(384))
        #expect(fields("tok_semseg@224")["vocab_size"] == .int(48))
    }
}
