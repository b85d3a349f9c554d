import Foundation
import IR
import Testing

@testable import Formats
@testable import Importers

@Suite struct TorchCheckpointTests {
    typealias P = PickleBytes

    @Test(.checkpointGoldens, arguments: ["pth_zip", "pth_legacy"])
    func goldensHoldTheTensorsOfTheBase(_ name: String) throws {
        let checkpoint = try Checkpoint.open(CheckpointGoldens.path("\(name)/tokenizer.pth"))
        let base = try Checkpoint.open(CheckpointGoldens.path("base_f32"))
        #expect(checkpoint.name == "tokenizer" && checkpoint.isPartlyForModel)
        #expect(Set(checkpoint.tensors.keys) == Set(base.tensors.keys))
        for (key, tensor) in base.tensors { #expect(checkpoint.tensors[key]?.type == tensor.type, "\(key)") }
        for key in ["image_size", "patch_size", "enc_type", "dec_type", "quant_type", "codebook_size", "latent_dim", "n_channels"] {
            #expect(checkpoint.config[key]?.value == base.config[key]?.value, "\(key)")
        }
    }

    /// What PyTorch 2.15 wrote for one tensor of each type and view.
    @Test func everyTypeThatPyTorchWrites() throws {
        let file = try TorchBytes.open(Array(try #require(Data(base64Encoded: TorchFixture.kinds, options: .ignoreUnknownCharacters))))
        let row = (0..<24).map(Float.init)
        #expect(file.tensor("a")?.floats == row)
        #expect(file.tensor("a_t")?.shape == [6, 4] && file.tensor("a_t")?.floats == (0..<24).map { row[$0 % 4 * 6 + $0 / 4] })
        #expect(file.tensor("a_row")?.floats == Array(row[6..<12]) && file.tensor("a_col")?.floats == [2, 8, 14, 20])
        #expect(file.tensor("scalar")?.floats == [2.5] && file.tensor("empty")?.shape == [0, 3])
        for (name, dtype) in [
            ("f16", DType.f16), ("bf16", .bf16), ("f64", .f64), ("i64", .i64), ("i32", .i32), ("i16", .i16), ("i8", .i8), ("u8", .u8),
            ("u16", .u16),
        ] {
            #expect(file.tensor(name)?.dtype == dtype && file.tensor(name)?.doubles == [0, 1, 2, 3], "\(name)")
        }
        #expect(file.tensor("b")?.integers == [1, 0] && file.tensor("param")?.floats == [1, 1, 1, 1])
        #expect(file.tensor("expanded")?.floats == [Float](repeating: 1, count: 12))
        let args = Config(try #require(file.config), file: "args")
        #expect(try args.ints("size") == [1, 2] && args.string("device") == "cuda:0" && args.string("dtype") == "torch.float32")
        #expect(try args.double("np_f") == 1.5 && args.int("np_i") == -7 && args.bool("np_b") && args.int("neg") == -(1 << 40))
        #expect(try args.double("big") == 0x1p80 && args.double("f") == 1e-5 && args.string("txt") == "héllo")
        #expect(args["tup"]?.value == .list([.int(1), .string("x"), .null]) && args["d"]?.value == .dict(["k": .dict(["j": .int(1)])]))
    }

    @Test func filesAreKnownByTheirContent() throws {
        let folder = try TemporaryFolder()
        let tensor = P.tensor(P.storage("FloatStorage", "0", 1), [1], [1])
        let torch = try TorchBytes.zip(P.whole(P.dict([("w", tensor)])), ["0": TorchBytes.floats([7])])
        let tensors = safeTensors(#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, data: TorchBytes.floats([7]))
        for path in [
            try folder.write(torch, "a.safetensors"), try folder.write(torch, "b"), try folder.write(torch, "c.ckpt"),
            try folder.write(tensors, "d.pth"),
        ] {
            #expect(try Checkpoint.open(path).tensor("w").tensor?.floats == [7], "\(path)")
        }
        _ = try folder.write(torch, "pytorch_model.bin")
        _ = try folder.write(#"{"dim": 3}"#, "config.json")
        #expect(try Checkpoint.open(folder.path).config.int("dim") == 3)
        let text = try folder.write("no model at all", "e.pth")
        #expect(checkpointError { try Checkpoint.open(text) }?.kind == .unsupported)
    }

    @Test func whatIsNeededAndCannotBeReadIsNamedWithARemedy() throws {
        let reason = UnreadObject.reason("torch._utils._rebuild_sparse_tensor")
        let weights = WeightReader(file: "f.pth", tensors: [:], unread: ["w": reason])
        #expect(throws: ImportError.unreadTensor(file: "f.pth", tensor: "w", reason: reason)) { try weights.take("w", [1]) }
        #expect(ImportError.unreadTensor(file: "f.pth", tensor: "w", reason: reason).description.contains("to_dense()"))
        #expect(throws: ImportError.missingTensor(file: "f.pth", tensor: "v", expected: "[1]")) { try weights.take("v", [1]) }
    }

    @Test func argumentsOfTokenizersAreRenamed() {
        func config(_ entries: ConfigDictionary, _ shapes: [String: [Int]]) -> ConfigValue {
            TorchArguments.config(.dict(entries), shapes: shapes)
        }
        #expect(
            config(
                ["domain": .string("depth"), "encoder_type": .string("vit_b_enc"), "input_size": .null, "input_size_max": .int(256)],
                ["encoder.proj.weight": [768, 1, 16, 16]])
                == .dict([
                    "domain": .string("depth"), "enc_type": .string("vit_b_enc"), "input_size": .null, "input_size_max": .int(256),
                    "image_size": .int(256), "n_channels": .int(1),
                ]))
        #expect(
            config(
                ["domain": .string("CLIP-B16"), "input_size": .int(14)], ["encoder.linear_in.weight": [768, 512]])
                == .dict([
                    "domain": .string("CLIP-B16"), "input_size": .int(14), "image_size": .int(14), "patch_proj": .bool(false),
                    "n_channels": .int(512),
                ]))
        #expect(
            config(
                ["domain": .string("sam_mask"), "input_size": .int(224), "mask_size": .int(64)], ["cls_emb.weight": [134, 16]])
                == .dict([
                    "domain": .string("sam_mask"), "input_size": .int(224), "mask_size": .int(64), "image_size": .int(64),
                    "n_labels": .int(134), "n_channels": .int(16),
                ]))
    }

    @Test func argumentsOfTransformersNameAPreset() throws {
        let arguments: ConfigDictionary = [
            "model": .string("fm_large_24e_12d_swiglu_qknorm_nobias"), "in_domains": .list([.string("rgb@224")]),
            "out_domains": .list([.string("det")]), "input_size": .int(224), "patch_size": .int(16), "num_register_tokens": .int(4),
        ]
        let config = Config(TorchArguments.config(.dict(arguments), shapes: [:]), file: "args")
        let settings = try TransformerSettings(config)
        #expect(settings.block.dim == 1024 && settings.block.heads == 16 && settings.block.hidden == 2730)
        #expect(settings.encoderDepth == 24 && settings.decoderDepth == 12 && settings.registerTokens == 4)
        #expect(settings.block.hasQKNorm && !settings.block.hasNormBias && settings.inputs == ["rgb@224"] && settings.outputs == ["det"])
        let unknown: ConfigValue = .dict(["model": .string("fm_custom")])
        #expect(TorchArguments.config(unknown, shapes: [:]) == unknown)
    }
}
