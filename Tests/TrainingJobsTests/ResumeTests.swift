import Files
import Formats
import Foundation
import Inspect
import Testing
import Training

@testable import TrainingJobs

/// Same seed, same bits: whatever stops a training, and on any number of threads.
@Suite struct ResumeTests {
    private static let last = "checkpoints/step-00000012/"

    private func ends(_ shop: Workshop, _ output: String) throws -> [[UInt8]] {
        try ["state.safetensors", "model/mlp.ir.safetensors"].map { try shop.bytes("\(output)/\(Self.last)\($0)") }
    }

    private func variants(_ shop: Workshop) throws -> [GraphOptions] {
        var held = try shop.options()
        held.optimizer = .sgd(momentum: 0.9)
        held.accumulation = 5
        held.clipNorm = 0.5
        held.averageDecay = 0.9
        held.decays = .cosine
        held.warmup = 3
        return [try shop.options(), held]
    }

    @Test func aStopAfterAnyBatchChangesNoBit() throws {
        let shop = try Workshop()
        for (number, options) in try variants(shop).enumerated() {
            try shop.train(options, shop.settings("whole\(number)"))
            let whole = try ends(shop, "whole\(number)")
            for stop in 1..<12 {
                let output = "stopped\(number)-\(stop)"
                var settings = shop.settings(output)
                let first = try shop.train(options, settings) { $0 >= stop }
                #expect(first.isStopped && first.step == stop && first.model == nil)
                settings.resumes = true
                let second = try shop.train(options, settings)
                #expect(!second.isStopped && second.step == 12 && second.amount == 60)
                #expect(try ends(shop, output) == whole, "variant \(number), stopped after \(stop)")
            }
        }
    }

    @Test func threadsChangeNoBit() throws {
        let shop = try Workshop()
        var results: [[[UInt8]]] = []
        for threads in [1, 2, 3] {
            var settings = shop.settings("t\(threads)")
            settings.threads = threads
            settings.prefetch = threads
            try shop.train(shop.options(), settings)
            results.append(try ends(shop, "t\(threads)"))
        }
        #expect(results[0] == results[1] && results[0] == results[2])
        var other = try shop.options()
        other.seed = 1
        try shop.train(other, shop.settings("seed"))
        #expect(try ends(shop, "seed") != results[0])
    }

    @Test func theLogIsThatOfOneRun() throws {
        let shop = try Workshop()
        try shop.train(shop.options(), shop.settings("whole"))
        var settings = shop.settings()
        try shop.train(shop.options(), settings) { $0 >= 7 }
        // What a killed run wrote after its last checkpoint, and a line that it did not finish.
        try OutputFolder.withdraw(shop.file("out/checkpoints/step-00000007"))
        let log = try InputFile.text(shop.file("out/log.jsonl"))
        try OutputFile.write(log + "{\"loss\":1,\"step\":6}\n{\"loss\":0.", to: shop.file("out/log.jsonl"))
        settings.resumes = true
        try shop.train(shop.options(), settings)
        func losses(_ output: String) throws -> [Int: Double] {
            let entries = try TrainingLog.read(shop.file("\(output)/log.jsonl"))
            #expect(Set(entries.map(\.step)).count == entries.count)
            return Dictionary(uniqueKeysWithValues: entries.map { ($0.step, $0.values["loss"] ?? .nan) })
        }
        #expect(try losses("out") == losses("whole"))
        #expect(try losses("out").keys.sorted() == [2, 4, 6, 8, 10, 12])
    }

    @Test func whatDoesNotGoTogetherIsRefused() throws {
        let shop = try Workshop()
        var settings = shop.settings()
        try shop.train(shop.options(), settings) { $0 >= 5 }
        let again = #expect(throws: WorkError.self) { try shop.train(shop.options(), settings) }
        #expect(again?.description.contains("checkpoint after batch 5; give --resume") == true)
        settings.resumes = true
        var other = try shop.options()
        other.learningRate = 0.01
        let rate = #expect(throws: WorkError.self) { try shop.train(other, settings) }
        #expect(rate?.description.contains("made with learning rate 0.05, not 0.01") == true)
        var shorter = try shop.options(steps: 3)
        #expect(throws: WorkError.self) { try shop.train(shorter, settings) }
        // A constant rate does not depend on the length: a training may go on beyond its end.
        shorter.length = .steps(20)
        #expect(try shop.train(shorter, settings).step == 20)
        #expect(try shop.train(shorter, settings).step == 20)
    }

    @Test func resumingNothingBegins() throws {
        let shop = try Workshop()
        var settings = shop.settings()
        settings.resumes = true
        let ear = Ear()
        #expect(try shop.train(shop.options(), settings, ear).step == 12)
        #expect(ear.says("holds no checkpoint"))
    }

    /// Of each epoch every sample is once in a batch, and what a batch has depends on its number alone.
    @Test func batchesAreAPureFunctionOfTheirNumber() throws {
        let order = try RowOrder(count: 24, batch: 4, ranks: 2, rank: 0, seed: 3)
        let other = try RowOrder(count: 24, batch: 4, ranks: 2, rank: 1, seed: 3)
        #expect(order.batchesPerEpoch == 3)
        for epoch in 0..<3 {
            let rows = (0..<3).flatMap { order.rows(epoch * 3 + $0) + other.rows(epoch * 3 + $0) }
            #expect(rows.sorted() == Array(0..<24))
        }
        let later = order.rows(7)
        _ = order.rows(1)
        #expect(order.rows(7) == later && order.rows(1) != later)
        #expect(throws: WorkError.self) { try RowOrder(count: 7, batch: 4, ranks: 2, rank: 0, seed: 0) }
    }
}
