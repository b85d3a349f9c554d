import Foundation
import FourMSettings
import IR
import Testing

@testable import FourMData

/// Data sets with what is damaged, missing or wrong.
struct DamagedDataTests {
    private func problem(_ body: () throws -> Void) -> String {
        do { try body() } catch { return "\(error)" }
        return ""
    }

    @Test func damagedSamplesAreCountedAndOthersComeInTheirPlace() throws {
        let little = try LittleTraining()
        try little.write([1, 2, 3], "folder/tok_rgb/all/s2.npy")
        try little.write(Array("{".utf8), "folder/det/all/s3.json")
        let data = try little.training(little.data(), ["batch_size=6"])
        let names = try (0..<2).map { try data.batch($0).samples }
        for batch in names { #expect(batch.count == 6 && !batch.contains { $0.hasSuffix("s2") || $0.hasSuffix("s3") }) }
        #expect(data.damaged.count == 2 && data.damaged.samples.contains { $0.reason.contains("s2.npy") })
        // The same again.
        #expect(try little.training(little.data(), ["batch_size=6"]).batch(0).samples == names[0])
    }

    @Test func aDataSetWithoutAUsableSampleIsRefused() throws {
        let little = try LittleTraining(samples: 2)
        for number in 0..<2 { try little.write([0], "folder/tok_rgb/all/s\(number).npy") }
        let data = try little.training(little.data())
        #expect(problem { _ = try data.batch(0) }.contains("samples in a row cannot be used"))
    }

    @Test func samplesWithoutAModalityAreLeftOutAndTold() throws {
        let little = try LittleTraining()
        try FileManager.default.removeItem(atPath: "\(little.root)/folder/caption/all/s4.json")
        let data = try little.training(little.data())
        #expect(data.sizes[0].samples == 5 && data.notes.contains { $0.contains("1 samples of det lack") && $0.contains("s4") })
        try FileManager.default.removeItem(atPath: "\(little.root)/shards/caption/1.tar")
        let shards = try little.training(little.data(shards: true))
        #expect(shards.sizes[0].samples == 4 && shards.notes.contains { $0.contains("1.tar") && $0.contains("left out") })
    }

    @Test func whatIsMissingIsNamed() throws {
        let little = try LittleTraining(samples: 2)
        let (run, data) = (try little.run(), try little.data())
        func open(_ data: DataSettings, tokenizer: Bool = true) -> String {
            problem { _ = try TrainingData(data, run, TrainingModalities(data, run), tokenizer ? LittleTraining.tokenizer() : nil) }
        }
        #expect(open(data, tokenizer: false).contains("needs a text tokenizer"))
        #expect(
            open(try little.data(inputs: "tok_depth@224-caption")).contains(
                "no folder for 'tok_depth@224'; it would be called tok_depth@224 or tok_depth"))
        #expect(open(try little.data(inputs: "tok_deph@224-caption")).contains("unknown modality 'tok_deph@224'"))
        #expect(open(try little.data(inputs: "sam_instance-caption")).contains("pickle"))
        try FileManager.default.removeItem(atPath: "\(little.root)/folder/crop_settings")
        #expect(open(data).contains("no folder for 'crop_settings'"))
    }

    @Test func tokensThatDoNotFitAreNamed() throws {
        let little = try LittleTraining(samples: 2)
        let data = try little.training(little.data(), ["modality_overrides.tok_rgb@224.vocab_size=8"])
        #expect(problem { _ = try data.batch(0) }.contains("is not in the vocabulary of 8 of 'tok_rgb@224'"))
        #expect(
            problem { _ = try little.training(little.data(), ["modality_overrides.caption.vocab_size=20"]).batch(0) }.contains("vocab_size")
        )
    }
}
