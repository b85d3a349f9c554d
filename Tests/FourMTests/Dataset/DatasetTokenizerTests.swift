import Foundation
import IR
import Media
import Testing

@testable import Formats
@testable import FourMSettings

@Suite struct DatasetTokenizerTests {
    /// Neither layout nor batch nor threads change a bit; a folder called as the shard gives the same crops.
    @Test func shardsGiveWhatFoldersGive() throws {
        let (loose, packed) = (LittleDataset(), LittleDataset())
        try loose.add("rgb", [("s0/000", 0), ("s0/001", 1), ("s1/000", 2)])
        try packed.addShard("rgb", "s0", [("000", 0), ("001", 1)], extra: [TarWriter.Entry(name: "000.txt", bytes: [65])])
        try packed.addShard("rgb", "s1", [("000", 2)])
        try loose.tokenize { ($0.crops, $0.batch, $0.decodeThreads) = (3, 1, 1) }
        let report = try packed.tokenize { ($0.crops, $0.batch, $0.decodeThreads) = (3, 5, 4) }.report
        #expect(report.samples == 3 && report.pictures == 9 && report.finished == 2 && report.tokens == 196)
        let tokens = try loose.arrays("tok_rgb")
        #expect(tokens.count == 3 && tokens.values.allSatisfy { $0.shape == [3, 196] && $0.dtype == .i16 })
        for shard in ["s0", "s1"] {
            for (kind, files) in [("tok_rgb", tokens), ("crop_settings", try loose.arrays("crop_settings"))] {
                let own = files.filter { $0.key.hasPrefix(shard) }.map { (String($0.dropFirst(3)), $1) }
                #expect(try packed.arrays(shard: "\(kind)/\(shard).tar") == Dictionary(uniqueKeysWithValues: own))
            }
        }
    }

    @Test func savedCropsServeEveryModality() throws {
        let data = LittleDataset()
        try data.add("rgb", [("a/x", 0)])
        try data.add("depth", [("a/x", 0)])
        try data.tokenize { ($0.crops, $0.seed) = (2, 7) }
        let (tokens, crops) = (try data.arrays("tok_rgb"), try data.arrays("crop_settings"))
        try data.remove("tok_rgb")
        try data.tokenize { $0.seed = 8 }
        #expect(try data.arrays("tok_rgb") == tokens && data.arrays("crop_settings") == crops)
        try data.tokenize("depth")
        #expect(try data.arrays("tok_depth")["a/x.npy"]?.shape == [2, 196])
        let other = try data.tokenize("depth") { ($0.crops, $0.outputFolder) = (3, "other") }
        #expect(other.skipped.map(\.reason) == ["saved crop settings have 2 crops, 3 are asked for; leave --crops away to use them"])
    }

    @Test func withoutSavedCropsSamplesCanBeRefused() throws {
        let data = LittleDataset()
        try data.add("rgb", [("a/x", 0)])
        let run = try data.tokenize { $0.requiresCrops = true }
        #expect(run.report.samples == 0 && run.skipped.first?.reason.hasPrefix("there are no crop settings") == true)
        #expect(!data.exists("crop_settings"))
        // What made no tokens binds no later run.
        #expect(!data.exists("tok_rgb/tokenization.json"))
        #expect(try data.tokenize { $0.crops = 2 }.report.samples == 1)
        #expect(data.exists("tok_rgb/tokenization.json"))
    }

    @Test func aStoppedRunGoesOn() throws {
        let data = LittleDataset()
        try data.add("rgb", (0..<4).map { ("a/\($0)", $0) })
        try data.tokenize()
        let whole = try data.arrays("tok_rgb")
        for name in ["tok_rgb/a/0.npy", "tok_rgb/a/1.npy", "tok_rgb/a/3.npy", "crop_settings/a/3.npy"] { try data.remove(name) }
        try Data("half".utf8).write(to: URL(fileURLWithPath: data.path("tok_rgb/a/1.npy.4711.1.part")))
        // What is there must not be written again: a mark in place of one file would be lost.
        try Data("done".utf8).write(to: URL(fileURLWithPath: data.path("tok_rgb/a/0.npy")))
        let report = try data.tokenize().report
        #expect(report.finishedBefore == 2 && report.samples == 2)
        #expect(try String(contentsOfFile: data.path("tok_rgb/a/0.npy"), encoding: .utf8) == "done")
        try data.remove("tok_rgb/a/0.npy")
        try data.tokenize()
        #expect(try data.arrays("tok_rgb") == whole)
    }

    @Test func aCancelledRunLeavesWholeFilesAndGoesOn() async throws {
        try await Task.detached {
            let data = LittleDataset()
            try data.add("rgb", (0..<8).map { ("a/\($0)", $0) })
            let run = Task.detached { [root = data.root] in
                try LittleDataset(root).tokenize {
                    $0.batch = 1
                } onProgress: { progress in
                    if progress.samples == 3 { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            await #expect(throws: CancellationError.self) { _ = try await run.value }
            let left = try data.arrays("tok_rgb")
            #expect((3..<8).contains(left.count) && left.values.allSatisfy { $0.shape == [1, 196] })
            let report = try data.tokenize().report
            #expect(report.finishedBefore == left.count && report.samples == 8 - left.count)
        }.value
    }

    @Test func aShardIsThereWholeOrNotAtAll() throws {
        let data = LittleDataset()
        try data.addShard("rgb", "s0", [("0", 0), ("1", 1)])
        try data.addShard("rgb", "s1", [("2", 2), ("3", 3)])
        // A folder in place of its crop settings spoils the second shard.
        try FileManager.default.createDirectory(atPath: data.path("crop_settings/s1.tar"), withIntermediateDirectories: true)
        let run = try data.tokenize()
        #expect(run.report.finished == 1 && run.report.skippedUnits == 1 && data.exists("tok_rgb/s0.tar") && !data.exists("tok_rgb/s1.tar"))
        try data.remove("crop_settings/s1.tar")
        let again = try data.tokenize().report
        #expect(again.finishedBefore == 1 && again.samples == 2)
        #expect(try data.arrays(shard: "tok_rgb/s1.tar").keys.sorted() == ["2.npy", "3.npy"])
    }

    @Test func brokenSamplesAreListedUntilTheyAreMended() throws {
        let data = LittleDataset()
        try data.add("rgb", [("a/0", 0)])
        try data.write(Array(LittleDataset.picture(1).prefix(900)), "rgb/a/cut.png")
        try data.write(Array("hello".utf8), "rgb/b/text.jpg")
        try data.write([], "rgb/b/void.png")
        let run = try data.tokenize()
        #expect(run.report.samples == 1 && run.report.skippedSamples == 3 && run.report.skippedLog == data.path("tok_rgb/skipped.tsv"))
        let lines = try String(contentsOfFile: data.path("tok_rgb/skipped.tsv"), encoding: .utf8).split(separator: "\n")
        #expect(lines.map { $0.prefix { $0 != "\t" } } == ["a/cut.png", "b/text.jpg", "b/void.png"])
        #expect(lines[1].hasSuffix("\tno PNG, JPEG or WebP; convert it to PNG or JPEG"))
        #expect(try data.arrays("tok_rgb").keys.sorted() == ["a/0.npy"])
        try data.add("rgb", [("a/cut", 1)])
        for name in ["b/text.jpg", "b/void.png"] { try FileManager.default.removeItem(atPath: data.root + "/rgb/" + name) }
        #expect(try data.tokenize().report.skippedLog == nil)
        #expect(!data.exists("tok_rgb/skipped.tsv"))
    }

    @Test func brokenShardsAndMembersAreListed() throws {
        let data = LittleDataset()
        try data.addShard("rgb", "s0", [("000", 0)], extra: [TarWriter.Entry(name: "001.png", bytes: [1, 2])])
        try data.addShard("rgb", "s1", [("000", 1)])
        let shard = Array(try Data(contentsOf: URL(fileURLWithPath: data.root + "/rgb/s1.tar")))
        try data.write(Array(shard.prefix(shard.count / 2)), "rgb/s1.tar")
        let run = try data.tokenize()
        #expect(run.report.skippedSamples == 1 && run.report.skippedUnits == 1)
        #expect(try data.arrays(shard: "tok_rgb/s0.tar").keys.sorted() == ["000.npy"])
        #expect(!data.exists("tok_rgb/s1.tar"))
        // The finished shard's line stays, that of the shard tried again goes.
        try data.write(shard, "rgb/s1.tar")
        try data.tokenize()
        let log = try String(contentsOfFile: data.path("tok_rgb/skipped.tsv"), encoding: .utf8).split(separator: "\n")
        #expect(log.count == 1 && log[0].hasPrefix("s0.tar\t001\t"))
        #expect(try data.arrays(shard: "tok_rgb/s1.tar").count == 1)
        // Depth of the sample without crop settings is left out too, so that shards stay aligned.
        try data.addShard("depth", "s0", [("000", 0), ("001", 1)])
        #expect(try data.tokenize("depth").skipped.map(\.sample) == ["001"])
        #expect(try data.arrays(shard: "tok_depth/s0.tar").keys.sorted() == ["000.npy"])
    }

    @Test func tokensOfTwoKindsDoNotMix() throws {
        let data = LittleDataset()
        try data.add("rgb", [("a/0", 0)])
        try data.tokenize()
        try data.add("rgb", [("a/1", 1)])
        let error = #expect(throws: FourMError.self) { try data.tokenize { $0.filter = .bilinear } }
        #expect(
            error?.description.contains("made with --filter unset, not bilinear") == true
                && error?.description.contains("--overwrite") == true)
        try data.tokenize { ($0.filter, $0.overwrites) = (.bilinear, true) }
        #expect(try data.arrays("tok_rgb").count == 2)
    }

    @Test func masksReplaceWhatIsNotWhite() throws {
        let data = LittleDataset()
        try data.add("rgb", [("a/all", 0), ("a/none", 0), ("a/other", 1), ("a/lost", 0)])
        for (name, value) in [("all", UInt8(255)), ("none", 254), ("other", 0)] {
            try data.write(ByteImage(width: 224, height: 224, channels: 1, filledWith: value).pngBytes(), "mask_valid/a/\(name).png")
        }
        try data.tokenize { $0.outputFolder = "plain" }
        let run = try data.tokenize { $0.maskValue = 0 }
        #expect(run.skipped.map(\.unit) == ["a/lost.png"] && run.skipped[0].reason.contains("mask_valid/a/lost.png"))
        let (plain, masked) = (try data.arrays("plain"), try data.arrays("tok_rgb"))
        #expect(masked["a/all.npy"] == plain["a/all.npy"])
        // Nothing of the pictures is left.
        #expect(masked["a/none.npy"] == masked["a/other.npy"] && masked["a/none.npy"] != plain["a/none.npy"])
    }
}
