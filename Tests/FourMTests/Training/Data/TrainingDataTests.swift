import Foundation
import FourMModels
import FourMSettings
import IR
import Synchronization
import Testing

@testable import Formats
@testable import FourMData

/// Batches of a training: what they hold, and that nothing but their number decides it.
struct TrainingDataTests {
    /// All that a batch says.
    private func told(_ batch: MaskedBatch) -> [String] {
        batch.set.names.map { name in
            guard let own = batch.set[name] else { return name }
            let content =
                switch own.content {
                case .tokens(let ids): "\(ids)"
                case .pixels(let tensor), .embeddings(let tensor):
                    "\(tensor.type) \(tensor.floats.reduce(0) { ($0 * 31 + $1).remainder(dividingBy: 4096) })"
                }
            return "\(name) \(content) \(own.inputMask) \(own.targetMask) \(own.decoderAttention ?? [])"
        }
    }

    @Test func aBatchDependsOnItsNumberAlone() throws {
        let little = try LittleTraining()
        let data = try little.training(little.data())
        let forward = try (0..<4).map { told(try data.batch($0)) }
        let again = try little.training(little.data())
        #expect(try (0..<4).reversed().map { told(try again.batch($0)) } == forward.reversed())
        #expect(Set(forward.map { $0.joined() }).count == 4)
        let other = try little.training(little.data(), ["seed=1"])
        #expect(try told(other.batch(0)) != forward[0])
    }

    /// Read ahead on several threads, in whatever order these come to it.
    @Test func batchesAreTheSameReadAhead() throws {
        let little = try LittleTraining()
        let data = try little.training(little.data())
        let next = Mutex(0)
        let queue = OrderedPrefetch(
            threads: 3, capacity: 4,
            source: { @Sendable () -> Int? in
                next.withLock { step in
                    step += 1
                    return step <= 6 ? step - 1 : nil
                }
            }, work: { @Sendable step in Result { try data.batch(step) } })
        defer { queue.stop() }
        for step in 0..<6 {
            let ahead = try #require(try queue.next()).get()
            #expect(told(ahead) == (try told(data.batch(step))))
        }
        #expect(try queue.next() == nil)
    }

    @Test func ranksShareOutWhatOneProcessReads() throws {
        let little = try LittleTraining()
        let (whole, halves) = (try little.training(little.data()), try little.training(little.data(), ["batch_size=2"]))
        for step in 0..<3 {
            let names = try (0..<2).flatMap { try halves.batch(step, rank: $0, ranks: 2).samples }
            #expect(try whole.batch(step).samples == names)
        }
        let ids = try whole.batch(1).set["tok_rgb@224"]?.tokens
        #expect(try ids == (0..<2).flatMap { try halves.batch(1, rank: $0, ranks: 2).set["tok_rgb@224"]?.tokens ?? [] })
    }

    @Test func anEpochHasEverySampleOnce() throws {
        let little = try LittleTraining()
        for shards in [false, true] {
            let data = try little.training(little.data(shards: shards), ["batch_size=6"])
            let epochs = try (0..<3).map { try data.batch($0).samples }
            for epoch in epochs { #expect(Set(epoch).count == 6) }
            #expect(epochs[0] != epochs[1] || epochs[1] != epochs[2])
        }
    }

    /// The same samples with the same masks, though in another order.
    @Test func foldersAndShardsHoldTheSame() throws {
        let little = try LittleTraining()
        let (run, tokenizer) = (try little.run(), try LittleTraining.tokenizer())
        let made = try [false, true].map { shards -> [String] in
            let data = try little.data(shards: shards)
            let modalities = try TrainingModalities(data, run)
            let dataset = try DatasetFactory(run: run, modalities: modalities, tokenizer: tokenizer).make(
                data.training[0], MaskingSetup.budgets(data.training[0], run), isTraining: true, DamagedSamples())
            let order = SampleOrder(dataset.source.counts, CounterRandom(seed: 0))
            let rows = BatchRows(modalities: modalities, paddingID: 0)
            return try (0..<6).flatMap { number in
                told(
                    MaskedBatch(
                        set: try rows.set([try dataset.sample(order.plainPlace(number), CounterRandom(seed: UInt64(number)))]), samples: [])
                )
            }
        }
        #expect(made[0] == made[1])
    }

    @Test func whatABatchHoldsFitsTheSample() throws {
        let little = try LittleTraining()
        let batch = try little.training(little.data(), ["batch_size=12"]).batch(0)
        let (set, tokenizer) = (batch.set, try LittleTraining.tokenizer())
        #expect(set.names == ["caption", "det", "rgb@224", "tok_rgb@224"] && set.batch == 12)
        guard case .pixels(let pixels)? = set["rgb@224"]?.content else { return #expect(Bool(false)) }
        #expect(pixels.shape == [12, 3, 224, 224])
        var crops: Set<Int> = []
        for (row, name) in batch.samples.enumerated() {
            let number = try #require(Int(name.split(separator: "s").last ?? ""))
            let ids = try #require(set["tok_rgb@224"]?.tokens[row])
            let crop = ids[0] >= 500 ? 1 : 0
            crops.insert(crop)
            #expect(ids == (0..<LittleTraining.tokens).map { crop * 500 + number * 10 + ($0 + crop * LittleTraining.tokens) % 7 })
            // The caption is that of the crop.
            let text = tokenizer.decode(set["caption"]?.tokens[row] ?? [], skipSpecialTokens: true)
            #expect(!text.contains(crop == 1 ? "red" : "blue"), "\(text)")
            let seen = set.names.reduce(0) { $0 + (set[$1]?.inputMask[row].count { !$0 } ?? 0) }
            let predicted = set.names.reduce(0) { $0 + (set[$1]?.targetMask[row].count { !$0 } ?? 0) }
            #expect(seen <= 48 && predicted <= 48 && seen > 0)
        }
        #expect(crops == [0, 1])
    }

    /// Boxes are cut and mirrored with the picture; those below the score are not there.
    @Test func boxesFollowTheCrop() throws {
        let boxes = "{\"instances\": [{\"boxes\": [0.25, 0.5, 0.75, 1.0], \"class_name\": \"cone\", \"score\": 0.7}]}"
        let file = SampleFile(bytes: ByteSlice(copying: Array(boxes.utf8)), suffix: "json", name: "b.json")
        func text(_ crop: CropSettings.Crop?) throws -> String {
            try DetectionFile.text(file, SampleDecoder.Cut(crop: crop, index: 0, size: (200, 100)), bins: 101)
        }
        #expect(try text(.init(top: 0, left: 0, height: 100, width: 200)) == "v0=25 v1=50 v2=75 v3=100 cone")
        #expect(try text(.init(top: 50, left: 100, height: 50, width: 100)) == "v0=0 v1=0 v2=50 v3=100 cone")
        #expect(try text(.init(top: 50, left: 100, height: 50, width: 100, flip: true)) == "v0=50 v1=0 v2=100 v3=100 cone")
        #expect(try text(.init(top: 0, left: 0, height: 50, width: 50)) == "")
        #expect(SampleDecoder.size(centred: .init(top: 0, left: 30, height: 100, width: 100))?.width == 160)
        #expect(SampleDecoder.size(centred: .init(top: 5, left: 30, height: 100, width: 100)) == nil)
    }

    @Test func evaluationIsTheSameEachTime() throws {
        let little = try LittleTraining()
        let (data, run) = (try little.data(), try little.run())
        let sets = try EvaluationData.all(data, run, TrainingModalities(data, run), LittleTraining.tokenizer())
        #expect(sets.map(\.isFixed) == [false, true] && sets.map(\.inputTokens) == [48, 32] && sets.map(\.batches) == [1, 1])
        for set in sets {
            let batch = try #require(try set.batch(0))
            #expect(try told(batch) == told(#require(try set.batch(0))) && batch.set.batch == 6)
            #expect(batch.set["tok_rgb@224"]?.tokens.allSatisfy { $0[0] < 500 } == true)
        }
        let few = try EvaluationData.all(data, little.run(["eval_samples=2"]), TrainingModalities(data, run), LittleTraining.tokenizer())
        #expect(try few[0].batch(0)?.set.batch == 2)
    }
}
