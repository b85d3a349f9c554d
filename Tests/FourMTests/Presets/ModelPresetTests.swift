import Foundation
import IR
import Testing

@testable import Formats
@testable import FourMPresets
@testable import FourMSettings
@testable import Importers

@Suite struct ModelPresetTests {
    @Test(arguments: ModelPreset.all.map(\.name)) func everyModelOfTheZooImports(_ name: String) throws {
        let preset = try #require(ModelPreset.named(name))
        let module = try ModelSkeleton.module(Config(.dict(preset.config), file: name), name: name)
        let functions = Set(module.functions.map(\.name))
        let needed = preset.kind == .transformer ? ["encode", "decode"] : ["tokenize"]
        #expect(functions.isSuperset(of: needed))
        for modality in preset.modalities { #expect(ModalityTable.standard.names.contains { ModalityInfo.baseName(of: $0) == modality }) }
    }

    /// The zoo's table counts the blocks, not embeddings: 198 M, 705 M, 2.8 G.
    @Test(arguments: [("4m-b", 198e6), ("4m-l", 705e6), ("4m-xl", 2.8e9)]) func sizes(_ name: String, _ published: Double) throws {
        let preset = try #require(ModelPreset.named(name))
        let tensors = try ModelSkeleton.tensors(Config(.dict(preset.config), file: name), name: name)
        let blocks = tensors.filter { !$0.key.contains("_embeddings.") }
            .reduce(0) { $0 + ($1.type.staticShape ?? []).reduce(1, *) }
        #expect(abs(Double(blocks) / published - 1) < 0.02, "\(blocks)")
    }

    @Test func namesOfTheHubAreKnown() {
        #expect(ModelPreset.named("EPFL-VILAB/4M-7_B_COYO700M")?.name == "4m-7-b")
        #expect(ModelPreset.named("4M-XL")?.name == "4m-7-xl")
        #expect(ModelPreset.named("4m") == nil)
        #expect(Set(ModelPreset.all.flatMap(\.hubNames)).count == 13 + 12)
        #expect(ModelPreset.named("4m-21-b")?.tokenizers.count == 13)
    }
}

@Suite struct CheckpointInitializerTests {
    static func config(_ changes: ConfigDictionary = [:]) throws -> Config {
        let small: ConfigDictionary = [
            "dim": .int(16), "num_heads": .int(2), "encoder_depth": .int(1), "decoder_depth": .int(1),
            "domains_in": .list([.string("rgb@224"), .string("caption"), .string("t5_caption"), .string("tok_dinov2_global")]),
            "domains_out": .list([.string("caption"), .string("tok_dinov2_global")]),
            "modality_overrides": .dict([
                "caption": .dict(["vocab_size": .int(50)]), "tok_dinov2_global": .dict(["vocab_size": .int(20)]),
                "t5_caption": .dict(["orig_emb_dim": .int(12)]),
            ]),
        ]
        let preset = try #require(ModelPreset.named("4m-21-b"))
        return Config(.dict(preset.config.merging(small).merging(changes)), file: "test")
    }

    @Test func folderAndFileAndShardsHoldTheSame() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("init-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var initializer = CheckpointInitializer(try Self.config(), name: "small")
        initializer.seed = 5
        _ = try initializer.write(to: folder + "/one")
        _ = try initializer.write(to: folder + "/one.safetensors")
        initializer.shardSize = 20_000
        let shards = try initializer.write(to: folder + "/many").files
        #expect(shards.count > 3)
        let models = try ["one", "one.safetensors", "many"].map { try Checkpoint.open("\(folder)/\($0)") }
        for model in models.dropFirst() { #expect(model.tensors == models[0].tensors) }
        for model in models { _ = try FourMImporter.importModel(model) }
        initializer.seed = 6
        _ = try initializer.write(to: folder + "/other.safetensors")
        let (a, b) = (models[0].tensors, try Checkpoint.open(folder + "/other.safetensors").tensors)
        #expect(a["encoder.0.attn.qkv.weight"] != b["encoder.0.attn.qkv.weight"])
        #expect(a["encoder.0.norm1.weight"] == b["encoder.0.norm1.weight"])
    }

    @Test func halfTypesAreTheRoundedValues() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("init-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var initializer = CheckpointInitializer(try Self.config(), name: "small")
        var tensors: [DType: Tensor] = [:]
        for dtype in [DType.f32, .f16, .bf16] {
            initializer.dtype = dtype
            _ = try initializer.write(to: "\(folder)/\(dtype).safetensors")
            tensors[dtype] = try Checkpoint.open("\(folder)/\(dtype).safetensors").tensor("encoder.0.mlp.fc1.weight").tensor
        }
        let exact = try #require(tensors[.f32]).floats
        #expect(try #require(tensors[.f16]).floats == exact.map { Float(Float16($0)) })
        #expect(try #require(tensors[.bf16]).floats == exact.map { BFloat16.float(fromBits: BFloat16.bits(of: $0)) })
        let bound = Float(6.0 / (16 + 42)).squareRoot()
        #expect(exact.allSatisfy { abs($0) <= bound } && (exact.max() ?? 0) > 0.9 * bound && (exact.min() ?? 0) < -0.9 * bound)
    }

    static let golden = TextFixtures.path("goldens/fm/fm21")

    /// Tables computed here against those that the official code stored.
    @Test(needsShared)
    func positionTablesAreTheReferences() throws {
        let golden = try Checkpoint.open(Self.golden)
        for name in ["encoder_embeddings.caption", "encoder_embeddings.tok_rgb@224", "decoder_embeddings.tok_dinov2@224"] {
            let stored = try #require(try golden.tensor("\(name).pos_emb").tensor)
            guard case .table(let table) = RandomWeights.fill("\(name).pos_emb", stored.shape, hasLearnedPositions: false) else {
                Issue.record("\(name): no table")
                continue
            }
            #expect(table.count == stored.floats.count)
            #expect(zip(table, stored.floats).allSatisfy { abs($0 - $1) < 1e-4 })
        }
    }
}
