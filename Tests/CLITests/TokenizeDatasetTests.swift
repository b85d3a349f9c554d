import Formats
import Foundation
import IR
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
}

@Suite struct TokenizeDatasetTests {
    @Test(arguments: ["rgb", "depth", "normal", "semseg"]) func tokensAreThoseOfSinglePictures(modality: String) async throws {
        let data = try LittleDataset()
        try data.add(modality, [("a/x", 0), ("b/y", 3)])
        let run = await data.tokenize(modality, "--json")
        #expect(run.code == 0, "\(run.messages)")
        let report: [String: Any] = try run.json()
        #expect(report["samples"] as? Int == 2 && report["tokens"] as? Int == 196 && report["skippedLog"] == nil)
        let pictures = [0, 3].map { Shapes.image("00\($0)_\(modality).png") }
        let single = await Command(["tokenize", Shapes.folder, "--modality", modality, "-o", data.path("both.npy")] + pictures)
        #expect(single.code == 0, "\(single.messages)")
        let expected = try NumpyFile.read(data.path("both.npy")).integers
        for (name, part) in [("a/x", expected.prefix(196)), ("b/y", expected.suffix(196))] {
            let tokens = try NumpyFile.read(data.path("tok_\(modality)/\(name).npy"))
            #expect(tokens == Tensor(integers: Array(part), [1, 196], as: .i16))
            #expect(try NumpyFile.read(data.path("crop_settings/\(name).npy")) == Tensor(integers: [0, 0, 224, 224, 0], [1, 5]))
        }
    }

    @Test func skippedSamplesAreAWarningOrAnErrorAsAsked() async throws {
        let data = try LittleDataset()
        try data.add("rgb", [("a/0", 0)])
        try data.write(Array("hello".utf8), "rgb/b/text.jpg")
        let run = await data.tokenize()
        #expect(run.code == 0 && run.messages.contains("1 sample skipped; \(data.path("tok_rgb/skipped.tsv")) says which and why"))
        #expect(run.messages.contains("skipped b/text.jpg: no PNG, JPEG or WebP"))
        #expect(await data.tokenize("rgb", "--strict").code == 1)
        try FileManager.default.removeItem(atPath: data.root + "/rgb/a")
        #expect(await data.tokenize("rgb", "--output-folder", "other").code == 1)
    }

    @Test func dryRunsCountAndWriteNothing() async throws {
        let data = try LittleDataset()
        try data.add("rgb", (0..<5).map { ("a/\($0)", $0) })
        let counts: [String: Any] = try await data.tokenize("rgb", "--shard", "1/3", "--dry-run", "--json").json()
        #expect(counts["left"] as? Int == 2 && counts["total"] as? Int == 5 && counts["samplesLeft"] as? Int == 2)
        #expect(!FileManager.default.fileExists(atPath: data.out))
        try data.addShard("depth", "s0", [("0", 0), ("1", 1)])
        let shards = await data.tokenize("depth", "--dry-run")
        #expect(shards.output == "1 shard; 0 done and 1 left, with 2 samples\n")
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
        ["--input-folder", "a/../\u{301}x"], ["--input-folder", "/\u{301}x"], ["--output-folder", ""], ["--output-folder", "a\u{9B}"],
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
        #expect(nothing.code == 2 && nothing.messages.contains("missing expected argument '<picture> ...'"))
    }

    @Test(arguments: [
        ("caption", 2, "cannot be tokenized"), ("normal", 1, "data has: depth"), ("depth", 1, "holds neither .tar shards nor files"),
    ])
    func impossibleDataSetsAreRefused(modality: String, code: Int32, text: String) async throws {
        let data = try LittleDataset()
        try data.write([1], "depth/readme.txt")
        let run = await data.tokenize(modality)
        #expect(run.code == code && run.messages.contains(text), "\(run.messages)")
    }
}
