import Foundation
import IR
import Testing

@testable import Formats

@Suite(.checkpointGoldens) struct CheckpointGoldenTests {
    private let bias = "decoder.blocks.0.attn.proj.bias"

    @Test func namesInMessagesSteerNothing() throws {
        let name = "a\"\u{1B}\u{9B}31m\u{202E}\u{2028}\u{E0001}\u{7F}ä"
        #expect(JSONText.quoted(name) == #""a\"\u001b\u009b31m\u202e\u2028\udb40\udc01\u007fä""#)
        #expect(try ConfigValue(json: JSONText.quoted(name)) == .string(name))
        #expect(
            CheckpointError(.missing, file: "f", subject: name, "x").description.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
            })
    }

    @Test func opensAFileAndAFolder() throws {
        let folder = try Checkpoint.open(CheckpointGoldens.path("base_f32"))
        let file = try Checkpoint.open(CheckpointGoldens.path("base_f32/model.safetensors"))
        #expect(folder.name == "base_f32" && file.name == "model")
        #expect(folder.tensors.count == 49 && folder.tensors == file.tensors)
        #expect(file.config.value == folder.config.value)
        #expect(file.config.file.hasSuffix("model.safetensors") && folder.config.file.hasSuffix("config.json"))
        let values = try #require(try folder.tensor(bias).tensor).floats
        #expect(values.prefix(3) == [-0.013279907405376434, 0.031496450304985046, -0.03278554603457451])
        #expect(try folder.tensor("quantize._codebook.embed").type == TensorType(.f32, [32, 8]))
        #expect(try folder.config.section("enc_args").int("dim_tokens") == 12)
        #expect(try folder.config.optionalInt("n_labels") == nil)
        #expect(checkpointError { try folder.tensor("nothing") }?.kind == .missing)
    }

    /// Their first bytes are 80 01 to 80 05, as those of pickles: 384 is the header of four tensors of adapters.
    @Test(arguments: [384, 640, 896, 1152, 1408]) func lengthsOfHeadersThatLookLikePickles(_ length: Int) throws {
        let folder = try TemporaryFolder()
        var header = #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        header += String(repeating: " ", count: length - header.utf8.count)
        let count = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
        #expect(count[0] == 0x80)
        for name in ["a.safetensors", "a", "m-00001-of-00001.safetensors"] {
            let path = folder.file(name)
            try Data(count + Array(header.utf8) + [0, 0, 0x80, 0x3F]).write(to: URL(fileURLWithPath: path))
            #expect(try Checkpoint.open(path).tensors["w"]?.tensor?.floats == [1])
        }
        let shards = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: folder.file("a"), toPath: shards.file("m-00001-of-00001.safetensors"))
        #expect(try Checkpoint.open(shards.path).tensors.count == 1)
    }

    @Test func openingCopiesNothing() throws {
        let file = try SafeTensorsFile(path: CheckpointGoldens.path("base_f32/model.safetensors"))
        let owners = Set(file.tensors.compactMap { $0.bytes.map { ObjectIdentifier($0.owner) } })
        #expect(owners.count == 1)
    }

    @Test func shardsEqualTheWhole() throws {
        let base = try Checkpoint.open(CheckpointGoldens.path("base_f32"))
        let sharded = try Checkpoint.open(CheckpointGoldens.path("sharded"))
        let indexed = try Checkpoint.open(CheckpointGoldens.path("sharded/model.safetensors.index.json"))
        #expect(sharded.tensors == base.tensors && indexed.tensors == base.tensors)
        #expect(indexed.config.value == base.config.value)
        #expect(indexed.name == "model" && sharded.files.count == 4)
    }

    /// Relative rounding errors: 2^-9 for bf16 (8 bits), 2^-12 for f16 (11 bits), with its smallest step 2^-25.
    @Test(arguments: [("stored_bf16", 0x1p-8), ("stored_f16", 0x1p-11), ("stored_mixed", 0x1p-8)])
    func storedTypesRound(_ name: String, _ bound: Double) throws {
        let base = try Checkpoint.open(CheckpointGoldens.path("base_f32"))
        let stored = try Checkpoint.open(CheckpointGoldens.path(name))
        #expect(Set(stored.tensors.keys) == Set(base.tensors.keys))
        #expect(Set(stored.tensors.values.map(\.type.dtype)) != [.f32])
        for (key, constant) in stored.tensors {
            let values = try #require(constant.tensor).doubles
            let exact = try #require(try base.tensor(key).tensor).doubles
            #expect(constant.type.shape == base.tensors[key]?.type.shape)
            #expect(zip(values, exact).allSatisfy { abs($0 - $1) <= abs($1) * bound + 0x1p-24 }, "\(key)")
        }
    }

    @Test func aliasesResolve() throws {
        let checkpoint = try Checkpoint.open(CheckpointGoldens.path("fm_shared_alias/model.safetensors"))
        let expected = try SafeTensorsFile(path: CheckpointGoldens.path("fm_shared_alias/outputs.safetensors"))
        #expect(expected.tensors.count == 4)
        for tensor in expected.tensors { #expect(try checkpoint.tensor(tensor.key) == tensor) }
        let kept = "decoder_embeddings.caption.mod_emb"
        #expect(checkpoint.aliases.count == 2)
        #expect(checkpoint.aliases["encoder_embeddings.caption.mod_emb"] == kept)
        #expect(!checkpoint.config.contains("encoder_embeddings.caption.mod_emb"))
        #expect(try checkpoint.config.strings("domains_in") == ["caption", "tok_depth@224"])
        let overrides = try checkpoint.config.section("modality_overrides")
        #expect(try overrides.section("caption").int("vocab_size") == 300)
    }
}

@Suite struct CheckpointTests {
    private let tensor = Tensor([1, 2], [2])

    @Test(arguments: ["model.safetensors", "other.safetensors", "MODEL.SAFETENSORS", "a.fp16.safetensors", "noSuffix"])
    func everyFileTakesTheConfigBesideIt(_ name: String) throws {
        let folder = try TemporaryFolder()
        _ = try folder.write(#"{"dim": 3}"#, "config.json")
        try SafeTensorsWriter.write(["a": tensor], metadata: ["format": "pt"], to: folder.file(name))
        #expect(try Checkpoint.open(folder.file(name)).config.int("dim") == 3)
        // Its own comes first.
        try SafeTensorsWriter.write(["a": tensor], metadata: ["dim": "4"], to: folder.file("own.safetensors"))
        #expect(try Checkpoint.open(folder.file("own.safetensors")).config.int("dim") == 4)
        _ = try folder.write(#"{"dim": 5}"#, "own.json")
        #expect(try Checkpoint.open(folder.file("own.safetensors")).config.int("dim") == 5)
    }

    @Test func refusesWhatIsNoCheckpoint() throws {
        let folder = try TemporaryFolder()
        #expect(checkpointError { try Checkpoint.open(folder.path) }?.kind == .missing)
        #expect(checkpointError { try Checkpoint.open(folder.file("absent.safetensors")) }?.kind == .unreadable)
        #expect(checkpointError { try Checkpoint.open(try folder.write("x", "a.txt")) }?.kind == .unsupported)
        #expect(checkpointError { try Checkpoint.open(try folder.write("{}", "a.json")) }?.kind == .malformed)
        #expect(checkpointError { try Config.read(try folder.write("[]", "b.json")) }?.kind == .malformed)
    }

    @Test(arguments: [
        "../a.safetensors", "/etc/passwd", "sub/../../a.safetensors", "..", "a\\b.safetensors", "a.txt", ".a.safetensors", "",
    ])
    func shardsStayInTheFolder(_ name: String) throws {
        let folder = try TemporaryFolder()
        let index = try folder.write(#"{"weight_map": {"t": \#(JSONText.quoted(name))}}"#, "m.safetensors.index.json")
        let error = checkpointError { try Checkpoint.open(index) }
        #expect(error?.kind == .malformed && error?.subject == "t", "\(error?.description ?? "opened")")
    }

    @Test(arguments: [
        (#"{"a": "1.safetensors", "b": "2.safetensors", "c": "2.safetensors"}"#, CheckpointError.Kind.missing, "c"),
        (#"{"a": "1.safetensors"}"#, .inconsistent, "x"), (#"{"a": "3.safetensors"}"#, .missing, ""),
        (#"{"a": "2.safetensors", "b": "2.safetensors", "x": "1.safetensors"}"#, .inconsistent, "a"),
        (#"{"a": "1.safetensors", "x": "1.safetensors", "y": "4.safetensors"}"#, .duplicate, "a"),
        (#"{"a": 1}"#, .configuration, "weight_map.a"),
        (#"{"a": "1.safetensors", "a": "1.safetensors"}"#, .duplicate, "a"),
        ("{}", .malformed, ""),
    ])
    func indexFaultsAreNamed(_ map: String, _ kind: CheckpointError.Kind, _ subject: String) throws {
        let folder = try TemporaryFolder()
        try SafeTensorsWriter.write(["a": tensor, "x": tensor], to: folder.file("1.safetensors"))
        try SafeTensorsWriter.write(["b": tensor], to: folder.file("2.safetensors"))
        try SafeTensorsWriter.write(["a": Tensor([3, 4], [2]), "y": tensor], to: folder.file("4.safetensors"))
        let text = kind == .missing ? map.replacing("\"b\"", with: "\"x\": \"1.safetensors\", \"b\"") : map
        let index = try folder.write("{\"weight_map\": \(text)}", "model.safetensors.index.json")
        let error = checkpointError { try Checkpoint.open(index) }
        #expect(error?.kind == kind && (error?.subject ?? "") == subject, "\(error?.description ?? "opened")")
    }

    @Test func mapsOnlyRegularFiles() throws {
        let folder = try TemporaryFolder()
        let empty = try folder.write("", "empty")
        mkfifo(folder.file("pipe"), 0o600)
        for path in [folder.path, empty, folder.file("pipe"), folder.file("absent"), "/dev/null", "a\0b"] {
            let error = checkpointError { try MappedFile.open(path) }
            #expect(error?.kind == .unreadable && error?.file == path)
        }
        let bytes = try MappedFile.open(try folder.write("abc", "file"))
        #expect(ByteSlice(bytes).withBytes { Array($0) } == Array("abc".utf8))
    }
}
