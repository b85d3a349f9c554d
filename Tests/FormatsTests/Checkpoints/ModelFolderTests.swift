import Foundation
import IR
import Testing

@testable import Formats

@Suite struct ModelFolderTests {
    private static let (first, second) = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")

    @Test(arguments: [
        (["model.safetensors", "other.safetensors"], ModelFolder.Choice.file("model.safetensors", isUsual: true)),
        (["MODEL.SAFETENSORS", "config.json"], .file("MODEL.SAFETENSORS", isUsual: true)),
        (["a.fp16.safetensors", "config.json", "notes.txt"], .file("a.fp16.safetensors", isUsual: false)),
        (["a.safetensors", "a.bin"], .file("a.safetensors", isUsual: false)), (["b.PTH"], .file("b.PTH", isUsual: false)),
        (["pytorch_model.bin", "training_args.bin", "optimizer.pt"], .file("pytorch_model.bin", isUsual: true)),
        (["w.bin", "training_args.bin", "rng_state.pth"], .file("w.bin", isUsual: false)),
        (["pytorch_model.bin.index.json", "pytorch_model-00001-of-00001.bin"], .index("pytorch_model.bin.index.json")),
        (["x.safetensors.index.fp16.json", "x.fp16-00001-of-00001.safetensors"], .index("x.safetensors.index.fp16.json")),
        ([second, first], .shards([first, second])), ([second], .incomplete(missing: [first])),
        ([second, first, "lora.safetensors"], .several(["lora.safetensors", first])),
        ([second, "lora.safetensors"], .file("lora.safetensors", isUsual: false)),
        ([second, first, "vocab.pt", "a-00001-of-00001.bin"], .several(["vocab.pt", "a-00001-of-00001.bin", first])),
        ([second, first, "a-00001-of-00002.bin"], .shards([first, second])),
        (["a-00001-of-00002.bin", "b-00001-of-00002.bin"], .several(["a-00001-of-00002.bin", "b-00001-of-00002.bin"])),
        (["b.safetensors", "a.safetensors"], .several(["a.safetensors", "b.safetensors"])), (["config.json"], .none), ([], .none),
        (["a-00000-of-00002.bin", "a-00001-of-00002.bin"], .shards(["a-00000-of-00002.bin", "a-00001-of-00002.bin"])),
    ])
    func theModelIsToldByNames(_ names: [String], _ choice: ModelFolder.Choice) {
        #expect(ModelFolder.choice(among: names) == choice)
    }

    private let a = Tensor([1], [1])
    private let b = Tensor([2], [1])

    /// Two shards of one tensor each, and an index if wanted.
    private func shards(index: Bool) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try SafeTensorsWriter.write(["a": a], metadata: ["format": "pt"], to: folder.file(Self.first))
        try SafeTensorsWriter.write(["b": b], metadata: ["format": "pt"], to: folder.file(Self.second))
        _ = try folder.write(#"{"dim": 3}"#, "config.json")
        if index {
            _ = try folder.write(#"{"weight_map": {"a": "\#(Self.first)", "b": "\#(Self.second)"}}"#, "model.safetensors.index.json")
        }
        return folder
    }

    @Test(arguments: [true, false])
    func aShardStandsForItsSet(_ hasIndex: Bool) throws {
        let folder = try shards(index: hasIndex)
        for path in [folder.path, folder.file(Self.first), folder.file(Self.second)] {
            let checkpoint = try Checkpoint.open(path)
            #expect(checkpoint.tensors.count == 2 && checkpoint.isPartlyForModel == false)
            #expect(try checkpoint.config.int("dim") == 3)
        }
        try FileManager.default.removeItem(atPath: folder.file(Self.second))
        for path in [folder.path, folder.file(Self.first)] {
            let error = checkpointError { try Checkpoint.open(path) }
            #expect(error?.kind == .missing && error?.problem.contains(Self.second) == true && error?.advice?.contains("fetch it") == true)
        }
    }

    /// Of a set that counts from 0, any shard stands for all.
    @Test func setsMayCountFromZero() throws {
        let folder = try TemporaryFolder()
        for (number, name) in ["a", "b", "c"].enumerated() {
            try SafeTensorsWriter.write([name: a], to: folder.file("x-0000\(number)-of-00003.safetensors"))
        }
        for number in 0..<3 {
            #expect(try Checkpoint.open(folder.file("x-0000\(number)-of-00003.safetensors")).tensors.count == 3)
        }
        #expect(try Checkpoint.open(folder.path).tensors.count == 3)
    }

    /// Prefixes of wrappers are in the index as they are in the file.
    @Test func namesOfAnIndexAreThoseOfTheFile() throws {
        let folder = try TemporaryFolder()
        let names = ["module.quantize.w", "module.encoder.w"]
        for (number, name) in names.enumerated() {
            try SafeTensorsWriter.write([name: b], to: folder.file("model-0000\(number + 1)-of-00002.safetensors"))
        }
        let map = names.enumerated().map { #""\#($1)": "model-0000\#($0 + 1)-of-00002.safetensors""# }.joined(separator: ", ")
        _ = try folder.write(#"{"weight_map": {\#(map)}}"#, "model.safetensors.index.json")
        try SafeTensorsWriter.write(Dictionary(uniqueKeysWithValues: names.map { ($0, a) }), to: folder.file("model.safetensors"))
        let whole = try Checkpoint.open(folder.path)
        #expect(whole.tensors["encoder.w"]?.tensor?.floats == [1] && !whole.notes.contains { $0.contains("left out") })
        _ = try folder.write("broken", "model.safetensors")
        let sharded = try Checkpoint.open(folder.path)
        #expect(sharded.tensors["encoder.w"]?.tensor?.floats == [2] && sharded.notes.contains { $0.contains("cannot be used") })
    }

    @Test func anIncompleteFileBesideAnIndexIsLeftOut() throws {
        let folder = try shards(index: true)
        try SafeTensorsWriter.write(["a": a], to: folder.file("model.safetensors"))
        let checkpoint = try Checkpoint.open(folder.path)
        #expect(checkpoint.tensors.count == 2 && checkpoint.notes.first?.contains("lacks b") == true)
        try SafeTensorsWriter.write(["a": a, "b": a], to: folder.file("model.safetensors"))
        #expect(try Checkpoint.open(folder.path).tensors["b"]?.tensor?.floats == [1])
    }

    @Test func shardsMayBeInSubfoldersAndHoldATensorTwice() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("sub"), withIntermediateDirectories: true)
        try SafeTensorsWriter.write(["a": a, "b": b], to: folder.file("sub/1.safetensors"))
        try SafeTensorsWriter.write(["b": b], to: folder.file("sub/2.safetensors"))
        _ = try folder.write(#"{"weight_map": {"a": "sub/1.safetensors", "b": "sub/2.safetensors"}}"#, "model.safetensors.index.json")
        #expect(try Checkpoint.open(folder.path).tensors.count == 2)
    }

    @Test func shardsOfTorchSaveAreJoined() throws {
        typealias P = PickleBytes
        let folder = try TemporaryFolder()
        for (number, name) in [(1, "module.quantize.w"), (2, "module.encoder.w")] {
            let tensor = P.tensor(P.storage("FloatStorage", "0", 1), [1], [1])
            let bytes = try TorchBytes.zip(P.whole(P.dict([(name, tensor)])), ["0": TorchBytes.floats([Float(number)])])
            _ = try folder.write(bytes, "pytorch_model-0000\(number)-of-00002.bin")
        }
        let map = #""module.quantize.w": "pytorch_model-00001-of-00002.bin", "module.encoder.w": "pytorch_model-00002-of-00002.bin""#
        _ = try folder.write("{\"weight_map\": {\(map)}}", "pytorch_model.bin.index.json")
        let checkpoint = try Checkpoint.open(folder.path)
        #expect(checkpoint.tensors.keys.sorted() == ["encoder.w", "quantize.w"] && checkpoint.isPartlyForModel)
    }

    @Test func foldersWithoutOneModelSayWhatIsThere() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("{}", "config.json")
        #expect(checkpointError { try Checkpoint.open(folder.path) }?.problem.contains("config.json") == true)
        for name in ["a", "b"] { try SafeTensorsWriter.write(["w": a], to: folder.file(name + ".safetensors")) }
        #expect(checkpointError { try Checkpoint.open(folder.path) }?.advice?.contains("a.safetensors, ") == true)
    }

    @Test(arguments: [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "Git LFS pointer"),
        ("<!DOCTYPE html><html></html>", "HTML"),
        (#"{"error": "Entry not found"}"#, "error message"), ("Entry not found", "error message"), ("GGUF\u{3}aaaaaaaaaaaaa", "GGUF"),
        (String(repeating: "\0", count: 600), "zeros"),
    ])
    func otherFilesAreNamed(_ text: String, _ kind: String) throws {
        let folder = try TemporaryFolder()
        for name in ["a.safetensors", "a.pth", "a"] {
            let error = checkpointError { try Checkpoint.open(try folder.write(text, name)) }
            #expect(error?.problem.contains(kind) == true && error?.advice != nil, "\(name): \(String(describing: error))")
        }
    }

    @Test(arguments: [
        ([UInt8](#"{"dim": 3}"#.utf16.flatMap { [UInt8($0 & 255), 0] }), "UTF-16"), (Array("// x\n{}".utf8), "comments"),
        (Array(#"{"a": NaN}"#.utf8), "NaN"), (Array(#"{"a": 1,}"#.utf8), "comma"), (Array("{'a': 1}".utf8), "double quotes"),
        (Array("<html></html>".utf8), "HTML"), (Array(#"{"a": True}"#.utf8), "small letters"),
    ])
    func configurationsSayWhatTheyAre(_ bytes: [UInt8], _ word: String) throws {
        let folder = try TemporaryFolder()
        let error = checkpointError { try Config.read(try folder.write(bytes, "config.json")) }
        #expect(error?.description.contains(word) == true, "\(String(describing: error))")
    }

    @Test func configurationsOfTextAreRead() throws {
        let folder = try TemporaryFolder()
        let text = #"{"a": "None", "b": "True", "c": "[1, 2]", "d": "{'k': 3}", "e": "12", "f": "None"}"#
        let config = try Config.read(try folder.write(text, "config.json"))
        #expect(try config.optionalInt("a") == nil && config.bool("b") && config.ints("c") == [1, 2] && config.int("e") == 12)
        #expect(try config.section("d").int("k") == 3 && config.optionalString("f") == nil && config.string("b") == "True")
    }

    @Test func arraysAndShardsOfDataSaySoToo() throws {
        let folder = try TemporaryFolder()
        let page = try folder.write("<!DOCTYPE html><html></html>", "page")
        #expect(checkpointError { try NumpyFile.read(page) }?.problem.contains("HTML") == true)
        #expect(checkpointError { try NumpyArchive.read(page) }?.problem.contains("HTML") == true)
        #expect(checkpointError { try TarArchive(path: page) }?.problem.contains("HTML") == true)
    }
}
