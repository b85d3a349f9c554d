import Files
import Foundation
import Testing

@testable import Formats
@testable import FourMData

/// Nothing is lost without a line, and what is mended is done.
@Suite struct SkippedSampleTests {
    private func lines(_ data: LittleDataset) throws -> [Substring] {
        try String(contentsOfFile: data.path("tok_rgb/skipped.tsv"), encoding: .utf8).split(separator: "\n")
    }

    @Test func skippedSamplesAreRememberedUntilTheShardIsMended() throws {
        let data = LittleDataset()
        try data.addShard("rgb", "s0", [("0", 0)], extra: [TarWriter.Entry(name: "1.png", bytes: [1])])
        #expect(try data.tokenize { $0.crops = 2 }.report.skippedSamples == 1)
        let again = try data.tokenize { $0.crops = 2 }.report
        #expect(again.samples == 0 && again.skippedSamples == 0 && again.skippedEarlier == 1 && again.skippedLog != nil)
        let before = try data.arrays(shard: "tok_rgb/s0.tar")
        // Put there later than the tokens, also by a clock of a few milliseconds.
        usleep(20_000)
        try data.addShard("rgb", "s0", [("0", 0), ("1", 1)])
        let mended = try data.tokenize { $0.crops = 2 }.report
        #expect(mended.samples == 2 && mended.skippedSamples == 0 && mended.skippedEarlier == 0 && mended.skippedLog == nil)
        let tokens = try data.arrays(shard: "tok_rgb/s0.tar")
        #expect(tokens["0.npy"] == before["0.npy"] && tokens["1.npy"]?.shape == [2, 196])
        #expect(try data.arrays(shard: "crop_settings/s0.tar").keys.sorted() == ["0.npy", "1.npy"])
        #expect(try data.tokenize { $0.crops = 2 }.report.finishedBefore == 1)
    }

    /// A run that is killed before it wrote a mended shard anew leaves it to the next.
    @Test func whatAKilledRunDidNotMendIsMendedLater() throws {
        let data = LittleDataset()
        try data.addShard("rgb", "s0", [("0", 0)], extra: [TarWriter.Entry(name: "1.png", bytes: [1])])
        #expect(try data.tokenize().report.skippedSamples == 1)
        usleep(20_000)
        try data.addShard("rgb", "s0", [("0", 0), ("1", 1)])
        let settings = try data.settings()
        // What a run does before its first sample.
        _ = try SkipLog(settings, DatasetPlan(settings))
        let mended = try data.tokenize().report
        #expect(mended.samples == 2 && mended.skippedLog == nil)
        #expect(try data.arrays(shard: "tok_rgb/s0.tar").keys.sorted() == ["0.npy", "1.npy"])
    }

    /// However the work is divided, what is missing is known, and forgotten when it is there.
    @Test func partsKnowOfEachOthersSkips() throws {
        let data = LittleDataset()
        try data.addShard("rgb", "s0", [("0", 0)], extra: [TarWriter.Entry(name: "1.png", bytes: [1])])
        try data.addShard("rgb", "s1", [("0", 2)], extra: [TarWriter.Entry(name: "1.png", bytes: [1])])
        for index in 0..<2 { #expect(try data.tokenize { $0.part = .init(index: index, count: 2) }.report.skippedSamples == 1) }
        let all = try data.tokenize().report
        #expect(all.skippedEarlier == 2 && all.skippedLog == data.path("tok_rgb/skipped-0-of-2.tsv"))
        #expect(try data.tokenize { $0.part = .init(index: 0, count: 2) }.report.skippedEarlier == 1)
        usleep(20_000)
        try data.addShard("rgb", "s1", [("0", 2), ("1", 3)])
        let mended = try data.tokenize().report
        #expect(mended.samples == 2 && mended.skippedEarlier == 1)
        #expect(data.exists("tok_rgb/skipped-0-of-2.tsv") && !data.exists("tok_rgb/skipped-1-of-2.tsv"))
    }

    @Test func aShardWithoutGoodSamplesIsNotFinished() throws {
        let data = LittleDataset()
        try data.addShard("rgb", "s0", [], extra: [TarWriter.Entry(name: "1.png", bytes: [1])])
        for _ in 0..<2 {
            let report = try data.tokenize().report
            #expect(report.skippedUnits == 1 && report.skippedSamples == 1 && !data.exists("tok_rgb/s0.tar"))
        }
        #expect(try lines(data).count == 2)
    }

    @Test func membersThatAreNoFilesAreListed() throws {
        let data = LittleDataset()
        let extra = [
            TarWriter.Entry(name: "1", bytes: try LittleDataset.picture(1)), TarWriter.Entry(name: "README", bytes: [65]),
            TarWriter.Entry(name: "0.b.png", bytes: [1]), TarWriter.Entry(name: "0.gif", bytes: [1]),
        ]
        try data.addShard("rgb", "s0", [("0", 0)], extra: extra)
        let run = try data.tokenize()
        #expect(run.report.samples == 1 && run.skipped.map(\.sample) == ["1", "0", "0"])
        #expect(run.skipped[0].reason.contains("a PNG picture, but its name has no extension"))
        #expect(run.skipped[1].reason.hasPrefix("0.b.png: the sample has another file, 0.png"))
    }

    @Test func compressedShardsAreNamed() throws {
        let data = LittleDataset()
        try data.write([0x1F, 0x8B], "rgb/a.tar.gz")
        try data.write([0x1F, 0x8B], "rgb/b.tgz")
        let error = #expect(throws: (any Error).self) { try data.tokenize() }
        #expect(error.map { "\($0)" }?.contains("compressed shards only (a.tar.gz and 1 more): only plain .tar archives are read") == true)
        try data.addShard("rgb", "s0", [("0", 0)])
        let report = try data.tokenize().report
        #expect(report.samples == 1 && report.skippedUnits == 2)
        #expect(try lines(data).map { $0.prefix { $0 != "\t" } } == ["a.tar.gz", "b.tgz"])
    }

    @Test func filesThatCannotBeLookedAtAreListed() throws {
        let data = LittleDataset()
        try data.add("rgb", [("a/0", 0)])
        symlink("nowhere.png", data.root + "/rgb/a/1.png")
        try data.write([0x47, 0x49, 0x46, 0x38], "rgb/a/2.gif")
        try data.write([65], "rgb/a/notes.txt")
        let run = try data.tokenize()
        #expect(run.report.samples == 1 && run.skipped.map(\.unit).sorted() == ["a/1.png", "a/2.gif"])
    }

    @Test func onlyWhatIsReadIsNamed() throws {
        let data = LittleDataset()
        try data.write([65], "rgb/notes.txt")
        let error = #expect(throws: (any Error).self) { try data.tokenize() }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains(".jpeg .jpg .png") && !text.contains(".bmp") && text.contains("1 file of another kind"))
    }

    @Test func oneRunAtATimeAndNothingOfKilledOnesStays() throws {
        let data = LittleDataset()
        try data.add("rgb", [("a/0", 0)])
        let remains = ["tok_rgb/a/.tessera-\(Int32.max)-1.part", "crop_settings/a/.tessera-\(Int32.max)-2.part"]
        for name in remains {
            try DatasetPath.makeFolder(of: data.path(name))
            #expect(FileManager.default.createFile(atPath: data.path(name), contents: Data()))
        }
        let lock = try RunLock(data.path("tok_rgb/.tokenization-0-of-1.lock"), for: "out")
        let error = #expect(throws: OutputError.self) { try data.tokenize() }
        #expect(error?.description.contains("another run") == true)
        withExtendedLifetime(lock) {}
        #expect(try data.tokenize { $0.part = .init(index: 0, count: 2) }.report.samples == 1)
        #expect(remains.allSatisfy { !data.exists($0) })
    }
}
