import Foundation
import IR
import Importers
import Media
import Testing

@testable import CLI

/// A data set of the demo's pictures, made for one test.
private final class LittleDataset {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    var root: String { folder.file("data") }
    var out: String { folder.file("out") }

    func path(_ name: String) -> String { out + "/" + name }

    /// Copies pictures to `modality/place.png`.
    func add(_ modality: String, _ pictures: [(place: String, number: Int)]) throws {
        for (place, number) in pictures {
            try write(Array(Self.picture(number, modality)), "\(modality)/\(place).png")
        }
    }

    /// Packs pictures into `modality/shard.tar`.
    func addShard(_ modality: String, _ shard: String, _ pictures: [(key: String, number: Int)], extra: [TarWriter.Entry] = []) throws {
        let entries = try pictures.map { TarWriter.Entry(name: $0.key + ".png", bytes: Array(try Self.picture($0.number, modality))) }
        try makeFolder(modality)
        try TarWriter.write(entries + extra, to: root + "/\(modality)/\(shard).tar")
    }

    static func picture(_ number: Int, _ modality: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: Shapes.image("00\(number)_\(modality).png")))
    }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try makeFolder((name as NSString).deletingLastPathComponent)
        try Data(bytes).write(to: URL(fileURLWithPath: root + "/" + name))
    }

    private func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: root + "/" + name, withIntermediateDirectories: true)
    }

    func tokenize(_ modality: String = "rgb", _ options: String...) async -> Command {
        await Command(["tokenize", Shapes.folder, "--dataset", root, "--modality", modality, "-o", out] + options)
    }

    /// Arrays below the output by their path.
    func arrays(_ name: String) throws -> [String: Tensor] {
        let files = FileManager.default.enumerator(atPath: path(name))?.compactMap { $0 as? String } ?? []
        return try Dictionary(uniqueKeysWithValues: files.filter { $0.hasSuffix(".npy") }.map { ($0, try NumpyFile.read(path(name) + "/" + $0)) })
    }

    /// Arrays in a shard of the output by key.
    func arrays(shard: String) throws -> [String: Tensor] {
        let entries = try TarArchive(path: path(shard)).entries
        return try Dictionary(uniqueKeysWithValues: entries.map { ($0.name, try NumpyFile.decode($0.content, name: $0.name)) })
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }
}

@Suite struct TokenizeDatasetTests {
    @Test(arguments: ["rgb", "depth", "normal", "semseg"]) func tokensAreThoseOfSinglePictures(modality: String) async throws {
        let data = try LittleDataset()
        try data.add(modality, [("a/x", 0), ("b/y", 3)])
        let run = await data.tokenize(modality, "--json")
        #expect(run.code == 0, "\(run.messages)")
        let report: [String: Any] = try run.json()
        #expect(report["samples"] as? Int == 2 && report["tokens"] as? Int == 196 && report["skippedLog"] == nil)
        for (name, number) in [("a/x", 0), ("b/y", 3)] {
            let single = await Command(
                "tokenize", Shapes.folder, "--modality", modality, Shapes.image("00\(number)_\(modality).png"), "-o", data.path("one.npy"))
            #expect(single.code == 0)
            let tokens = try NumpyFile.read(data.path("tok_\(modality)/\(name).npy"))
            #expect(tokens.dtype == .i16 && tokens.shape == [1, 196])
            #expect(try tokens.integers == NumpyFile.read(data.path("one.npy")).integers)
            #expect(try NumpyFile.read(data.path("crop_settings/\(name).npy")) == Tensor(integers: [0, 0, 224, 224, 0], [1, 5]))
        }
    }

    /// Neither layout nor batch nor threads change a bit; a folder called as the shard gives the same crops.
    @Test func shardsGiveWhatFoldersGive() async throws {
        let (loose, packed) = (try LittleDataset(), try LittleDataset())
        try loose.add("rgb", [("s0/000", 0), ("s0/001", 1), ("s1/000", 2)])
        try packed.addShard("rgb", "s0", [("000", 0), ("001", 1)], extra: [TarWriter.Entry(name: "000.txt", bytes: [65])])
        try packed.addShard("rgb", "s1", [("000", 2)])
        let first = await loose.tokenize("rgb", "--crops", "3", "--batch", "1", "--decode-threads", "1")
        #expect(first.code == 0, "\(first.messages)")
        let second = await packed.tokenize("rgb", "--crops", "3", "--batch", "5", "--decode-threads", "4")
        #expect(second.code == 0, "\(second.messages)")
        let tokens = try loose.arrays("tok_rgb")
        #expect(tokens.count == 3 && tokens.values.allSatisfy { $0.shape == [3, 196] })
        for shard in ["s0", "s1"] {
            for (kind, files) in [("tok_rgb", tokens), ("crop_settings", try loose.arrays("crop_settings"))] {
                let members = try packed.arrays(shard: "\(kind)/\(shard).tar")
                #expect(members == Dictionary(uniqueKeysWithValues: files.filter { $0.key.hasPrefix(shard) }.map { (String($0.dropFirst(3)), $1) }))
            }
        }
        #expect(try packed.arrays(shard: "tok_rgb/s0.tar").keys.sorted() == ["000.npy", "001.npy"])
    }

    @Test func savedCropsServeEveryModality() async throws {
        let data = try LittleDataset()
        try data.add("rgb", [("a/x", 0)])
        try data.add("depth", [("a/x", 0)])
        #expect(await data.tokenize("rgb", "--crops", "2", "--seed", "7").code == 0)
        let (tokens, crops) = (try data.arrays("tok_rgb"), try data.arrays("crop_settings"))
        try data.remove("tok_rgb")
        #expect(await data.tokenize("rgb", "--seed", "8").code == 0)
        #expect(try data.arrays("tok_rgb") == tokens && data.arrays("crop_settings") == crops)
        #expect(await data.tokenize("depth").code == 0)
        #expect(try data.arrays("tok_depth")["a/x.npy"]?.shape == [2, 196])
        let other = await data.tokenize("depth", "--crops", "3", "--output-folder", "other")
        #expect(other.code == 1 && other.messages.contains("saved crop settings have 2 crops, 3 are asked for"))
    }

    @Test func aStoppedRunGoesOn() async throws {
        let data = try LittleDataset()
        try data.add("rgb", (0..<4).map { ("a/\($0)", $0) })
        #expect(await data.tokenize().code == 0)
        let whole = try data.arrays("tok_rgb")
        for name in ["1", "3"] { try data.remove("tok_rgb/a/\(name).npy") }
        try data.remove("crop_settings/a/3.npy")
        let stale = data.path("tok_rgb/a/1.npy.4711.1.part")
        try Data("half".utf8).write(to: URL(fileURLWithPath: stale))
        // What is there must not be written again: a mark in place of one file would be lost. (Arrays that were read are mapped.)
        try data.remove("tok_rgb/a/0.npy")
        try Data("done".utf8).write(to: URL(fileURLWithPath: data.path("tok_rgb/a/0.npy")))
        let again = await data.tokenize("rgb", "--json")
        let report: [String: Any] = try again.json()
        #expect(report["finishedBefore"] as? Int == 2 && report["samples"] as? Int == 2)
        #expect(try String(contentsOfFile: data.path("tok_rgb/a/0.npy"), encoding: .utf8) == "done")
        try data.remove("tok_rgb/a/0.npy")
        #expect(await data.tokenize().code == 0)
        #expect(try data.arrays("tok_rgb") == whole)
    }

    @Test func cancellationLeavesWholeFilesOnly() async throws {
        let data = try LittleDataset()
        try data.add("rgb", (0..<8).map { ("a/\($0)", $0) })
        let first = data.path("tok_rgb/a/0.npy")
        let arguments = ["tokenize", Shapes.folder, "--dataset", data.root, "--modality", "rgb", "-o", data.out, "--batch", "1"]
        let run = Task { await Command(arguments).code }
        for _ in 0..<2000 where !FileManager.default.fileExists(atPath: first) { try await Task.sleep(for: .milliseconds(5)) }
        run.cancel()
        #expect(await run.value == 130)
        let left = try data.arrays("tok_rgb")
        #expect(!left.isEmpty && left.count < 8 && left.values.allSatisfy { $0.shape == [1, 196] })
        let again: [String: Any] = try await data.tokenize("rgb", "--json").json()
        #expect(again["finishedBefore"] as? Int == left.count && again["samples"] as? Int == 8 - left.count)
    }

    @Test func brokenSamplesAreListedAndSkipped() async throws {
        let data = try LittleDataset()
        try data.add("rgb", [("a/0", 0)])
        try data.write(Array(LittleDataset.picture(1, "rgb").prefix(900)), "rgb/a/cut.png")
        try data.write(Array("hello".utf8), "rgb/b/text.jpg")
        try data.write([], "rgb/b/void.png")
        let run = await data.tokenize()
        #expect(run.code == 0 && run.messages.contains("3 samples skipped"), "\(run.messages)")
        let lines = try String(contentsOfFile: data.path("tok_rgb/skipped.tsv"), encoding: .utf8).split(separator: "\n")
        #expect(lines.map { $0.prefix { $0 != "\t" } } == ["a/cut.png", "b/text.jpg", "b/void.png"])
        #expect(lines[1].hasSuffix("neither a PNG nor a JPEG; convert it to PNG or JPEG"))
        #expect(try data.arrays("tok_rgb").keys.sorted() == ["a/0.npy"])
        #expect(await data.tokenize("rgb", "--strict").code == 1)
        // Mended, they are done, and the list goes.
        try data.add("rgb", [("a/cut", 1)])
        for name in ["b/text.jpg", "b/void.png"] { try FileManager.default.removeItem(atPath: data.root + "/rgb/" + name) }
        #expect(await data.tokenize("rgb", "--strict").code == 0)
        #expect(!FileManager.default.fileExists(atPath: data.path("tok_rgb/skipped.tsv")))
    }

    @Test func brokenShardsAndMembersAreListed() async throws {
        let data = try LittleDataset()
        try data.addShard("rgb", "s0", [("000", 0)], extra: [TarWriter.Entry(name: "001.png", bytes: [1, 2])])
        try data.addShard("rgb", "s1", [("000", 1)])
        let shard = try Data(contentsOf: URL(fileURLWithPath: data.root + "/rgb/s1.tar"))
        try data.write(Array(shard.prefix(shard.count / 2)), "rgb/s1.tar")
        let run = await data.tokenize()
        #expect(run.code == 0 && run.messages.contains("1 sample and 1 shard skipped"), "\(run.messages)")
        #expect(try data.arrays(shard: "tok_rgb/s0.tar").keys.sorted() == ["000.npy"])
        #expect(!FileManager.default.fileExists(atPath: data.path("tok_rgb/s1.tar")))
        // The finished shard's line stays, that of the shard tried again is replaced.
        try shard.write(to: URL(fileURLWithPath: data.root + "/rgb/s1.tar"))
        #expect(await data.tokenize().code == 0)
        #expect(try String(contentsOfFile: data.path("tok_rgb/skipped.tsv"), encoding: .utf8).hasPrefix("s0.tar\t001\t"))
        #expect(try data.arrays(shard: "tok_rgb/s1.tar").count == 1)
        // Depth of the sample without crop settings is left out too, so that shards stay aligned.
        try data.addShard("depth", "s0", [("000", 0), ("001", 1)])
        #expect(await data.tokenize("depth").code == 0)
        #expect(try data.arrays(shard: "tok_depth/s0.tar").keys.sorted() == ["000.npy"])
    }

    @Test func partsTogetherAreTheWhole() async throws {
        let data = try LittleDataset()
        try data.add("rgb", (0..<5).map { ("a/\($0)", $0) })
        let counts: [String: Any] = try await data.tokenize("rgb", "--shard", "1/3", "--dry-run", "--json").json()
        #expect(counts["left"] as? Int == 2 && counts["total"] as? Int == 5)
        #expect(!FileManager.default.fileExists(atPath: data.out))
        var samples: [Int?] = []
        for part in 0..<3 {
            let report: [String: Any] = try await data.tokenize("rgb", "--shard", "\(part)/3", "--json").json()
            samples.append(report["samples"] as? Int)
        }
        #expect(samples == [2, 2, 1])
        #expect(try data.arrays("tok_rgb").count == 5)
    }

    @Test func tokensOfTwoKindsDoNotMix() async throws {
        let data = try LittleDataset()
        try data.add("rgb", [("a/0", 0)])
        #expect(await data.tokenize().code == 0)
        try data.add("rgb", [("a/1", 1)])
        let other = await data.tokenize("rgb", "--filter", "bilinear")
        #expect(other.code == 1 && other.messages.contains("made with filter unset, this run has bilinear"), "\(other.messages)")
        #expect(await data.tokenize("rgb", "--filter", "bilinear", "--overwrite").code == 0)
        #expect(try data.arrays("tok_rgb").count == 2)
    }

    @Test func masksReplaceWhatIsNotWhite() async throws {
        let data = try LittleDataset()
        try data.add("rgb", [("a/all", 0), ("a/none", 0), ("a/other", 1), ("a/lost", 0)])
        for (name, value) in [("all", UInt8(255)), ("none", 254), ("other", 0)] {
            try data.write([], "mask_valid/a/\(name).png")
            try ByteImage(width: 224, height: 224, channels: 1, filledWith: value).writePNG(to: data.root + "/mask_valid/a/\(name).png")
        }
        #expect(await data.tokenize("rgb", "--output-folder", "plain").code == 0)
        let run = await data.tokenize("rgb", "--mask-value", "0")
        #expect(run.code == 0 && run.messages.contains("mask_valid/a/lost.png"), "\(run.messages)")
        let (plain, masked) = (try data.arrays("plain"), try data.arrays("tok_rgb"))
        #expect(masked["a/all.npy"] == plain["a/all.npy"])
        // Nothing of the pictures is left.
        #expect(masked["a/none.npy"] == masked["a/other.npy"] && masked["a/none.npy"] != plain["a/none.npy"])
        #expect(masked["a/lost.npy"] == nil)
    }

    @Test func aTokenizerServesWithoutABundle() async throws {
        let data = try LittleDataset()
        try data.add("rgb", [("a/0", 0)])
        let run = await Command(
            "tokenize", Shapes.folder + "/tok_rgb_vqvae.safetensors", "--dataset", data.root, "--modality", "rgb", "-o", data.out)
        #expect(run.code == 0, "\(run.messages)")
        let wrong = await Command(
            "tokenize", Shapes.folder + "/tok_depth.safetensors", "--dataset", data.root, "--modality", "rgb", "-o", data.out)
        #expect(wrong.code == 1 && wrong.messages.contains("the tokenizer takes 1"), "\(wrong.messages)")
    }

    @Test(arguments: [
        ["--crops", "0"], ["--crops", "2000"], ["--min-crop-scale", "0"], ["--min-crop-scale", "nan"], ["--shard", "3/3"],
        ["--shard", "1"], ["--batch", "0"], ["--filter", "cubic"], ["--mask-value", "inf"], ["--output-folder", "../x"],
        ["--decode-threads", "0"], ["picture.png"],
    ])
    func wrongOptionsAreCodeTwo(options: [String]) async throws {
        let run = await Command(["tokenize", Shapes.folder, "--dataset", "/nowhere", "--modality", "rgb", "-o", "/nowhere/out"] + options)
        #expect(run.code == 2, "\(run.messages)")
    }

    @Test func optionsOfDataSetsNeedOne() async {
        let run = await Command("tokenize", Shapes.folder, "--modality", "rgb", "a.png", "-o", "b.npy", "--crops", "2")
        #expect(run.code == 2 && run.messages.contains("--crops is for data sets"))
        let nothing = await Command("tokenize", Shapes.folder, "--modality", "rgb", "-o", "b.npy")
        #expect(nothing.code == 2 && nothing.messages.contains("Missing expected argument '<picture> ...'"))
    }

    @Test(arguments: [("caption", "cannot be tokenized"), ("normal", "data has: depth"), ("depth", "holds neither .tar shards nor files")])
    func impossibleDataSetsAreCodeOne(modality: String, text: String) async throws {
        let data = try LittleDataset()
        try data.write([1], "depth/readme.txt")
        let run = await data.tokenize(modality)
        #expect(run.code == 1 && run.messages.contains(text), "\(run.messages)")
    }
}
