import Files
import Formats
import Foundation
import Media
import Testing

@testable import TrainingJobs

@Suite struct LogTests {
    /// Values of RFC 3720, B.4.
    @Test func checksumsAreCastagnolis() {
        #expect(CastagnoliSum.of(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CastagnoliSum.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CastagnoliSum.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CastagnoliSum.of((0..<32).map { UInt8($0) }) == 0x46DD_794E)
    }

    private func events(_ shop: Workshop, _ output: String) throws -> [[EventReader.Event]] {
        try shop.names(output).filter { $0.hasPrefix(EventFile.prefix) }.map { try EventReader(shop.bytes("\(output)/\($0)")).events }
    }

    @Test func eventFilesSayWhatTheLogSays() throws {
        let shop = try Workshop()
        var options = try shop.options()
        options.evaluationData = shop.file("data.npz")
        try shop.train(options, shop.settings())
        let log = try TrainingLog.read(shop.file("out/log.jsonl"))
        #expect(log.map(\.step) == [2, 4, 4, 6, 8, 8, 10, 12, 12])
        let files = try events(shop, "out")
        #expect(files.count == 1 && files[0][0].version == "brain.Event:2")
        #expect(!files[0].contains { $0.isRestart })
        let written = files[0].dropFirst()
        #expect(written.map(\.step) == log.map(\.step))
        for (event, entry) in zip(written, log) {
            #expect(event.scalars == entry.series.mapValues { Float($0) })
            #expect(event.time > 1.7e9)
        }
        let first = try #require(log.first?.values)
        for name in ["loss", "learning_rate", "weight_decay", "gradient_norm", "samples_per_second", "seconds", "samples"] {
            #expect(first[name] != nil, "\(name)")
        }
        #expect(first["samples"] == 10 && first["learning_rate"] == 0.05)
        #expect(written[1].scalars["train/loss"] != nil && files[0][3].scalars["evaluation/loss"] != nil)
    }

    @Test func aRunThatGoesOnTakesLaterStepsBack() throws {
        let shop = try Workshop()
        var settings = shop.settings()
        try shop.train(shop.options(), settings) { $0 >= 6 }
        settings.resumes = true
        try shop.train(shop.options(), settings)
        let files = try events(shop, "out")
        #expect(files.count == 2)
        #expect(files[1].prefix(2).map(\.isRestart) == [false, true] && files[1][1].step == 7)
        #expect(files[1].dropFirst(2).map(\.step) == [8, 10, 12])
    }

    @Test func whatTheDiskDoesNotTakeWaits() throws {
        let file = try AppendedFile("/dev/full")
        var troubles: [String] = []
        file.onTrouble = { troubles.append($0) }
        for _ in 0..<3 { file.append([1, 2, 3]) }
        #expect(!file.isComplete && troubles.count == 1 && troubles[0].contains("/dev/full"))
        let shop = try Workshop()
        let good = try AppendedFile(shop.file("lines"))
        good.append([65, 10])
        #expect(good.isComplete)
        let more = try AppendedFile(shop.file("lines"))
        more.append([66, 10])
        #expect(try shop.bytes("lines") == [65, 10, 66, 10])
    }

    @Test func linesAreRead() throws {
        let entry = LogEntry(step: 3, ["loss": .nan, "learning_rate": 0.5])
        let read = try #require(LogEntry(json: entry.json()))
        #expect(read.step == 3 && read.values["loss"]?.isNaN == true && read.values["learning_rate"] == 0.5)
        for text in ["", "{", "[]", "{\"loss\":1}", "{\"step\":1.5}", "{\"step\":1,\"loss\":\"x\"}"] {
            #expect(LogEntry(json: text) == nil)
        }
    }

    @Test func curvesAreDrawn() throws {
        let entries = (1...500).map { LogEntry(step: $0, ["loss": 3 / Double($0).squareRoot()]) }
        let dots = [100, 200].map { LogEntry(step: $0, ["evaluation/loss": 1]) }
        let picture = try #require(LossCurve(entries + dots)).drawn("curve")
        let colors = Set((0..<picture.width * picture.height).map { picture.samples[$0 * 3..<$0 * 3 + 3].map { $0 } })
        #expect(picture.width == 960 && colors.contains([31, 111, 178]) && colors.contains([214, 96, 28]))
        #expect(LossCurve([LogEntry(step: 1, ["loss": 1]), LogEntry(step: 2, ["loss": .nan])]) == nil)
        // A loss that does not move has no height.
        _ = try LossCurve((1...3).map { LogEntry(step: $0, ["loss": 0]) })?.drawn("flat")
        let shop = try Workshop()
        try shop.train(shop.options(), shop.settings())
        #expect(try shop.bytes("out/loss.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
}
