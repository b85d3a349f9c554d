import IR
import Testing

@testable import Training

@Suite struct TrainerTests {
    private func run(_ trainer: Trainer, _ batches: Range<Int>, rows: Int = 4) throws -> [Float] {
        try batches.map { index in
            let outcome = try trainer.step(Models.batch(index, rows: rows), learningRate: 0.01, weightDecay: 0.05)
            return outcome.results["loss"]?.floats.first ?? .nan
        }
    }

    @Test func lossesFall() throws {
        let trainer = try Trainer(Models.trained())
        let losses = try (0..<60).map { _ in
            try trainer.step(Models.batch(0), learningRate: 0.02, weightDecay: 0).results["loss"]?.floats[0] ?? 0
        }
        #expect(losses[59] < losses[0] / 4)
    }

    @Test func accumulationIsALargerBatch() throws {
        let function = try Models.trained(buffers: [])
        let parts = try Trainer(function, TrainerSettings(accumulation: 3))
        let whole = try Trainer(function, TrainerSettings())
        let batches = (0..<3).map { Models.batch($0) }
        var outcomes: [StepOutcome] = []
        for batch in batches { outcomes.append(try parts.step(batch, learningRate: 0.01, weightDecay: 0.05)) }
        #expect(outcomes.map(\.isUpdated) == [false, false, true] && outcomes[0].gradientNorm == nil)
        let joined = ["x", "target"].map { key in
            (key, Tensor(batches.flatMap { $0[key]?.floats ?? [] }, [12, key == "x" ? 3 : 2]))
        }
        let outcome = try whole.step(Dictionary(uniqueKeysWithValues: joined), learningRate: 0.01, weightDecay: 0.05)
        #expect(abs((outcomes[2].gradientNorm ?? 0) - (outcome.gradientNorm ?? 1)) < 1e-6)
        for (key, tensor) in whole.parameters {
            let difference = zip(tensor.doubles, parts.parameters[key]?.doubles ?? []).map { abs($0 - $1) }.max()
            // Updates of AdamW are about as large as the learning rate.
            #expect((difference ?? 1) < 1e-5, "\(key)")
        }
    }

    @Test func theFirstBatchOfAnUpdateSetsItsRates() throws {
        let function = try Models.trained(buffers: [])
        let trainers = try (0..<2).map { _ in try Trainer(function, TrainerSettings(accumulation: 2)) }
        for (trainer, second) in zip(trainers, [0.01, 0.7]) {
            _ = try trainer.step(Models.batch(0), learningRate: 0.01, weightDecay: 0.05)
            _ = try trainer.step(Models.batch(1), learningRate: second, weightDecay: second)
        }
        #expect(trainers[0].state == trainers[1].state)
    }

    @Test func anUpdateWithLargeGradientsIsSkipped() throws {
        let trainer = try Trainer(Models.trained(), TrainerSettings(skipNorm: 1e-6))
        let before = trainer.state
        let outcome = try trainer.step(Models.batch(0), learningRate: 0.01, weightDecay: 0.05)
        #expect(!outcome.isUpdated && (outcome.gradientNorm ?? 0) > 1e-6)
        var after = trainer.state
        // Buffers move with each forward pass; batches are counted.
        #expect(after.tensors["buffer.mean"] != before.tensors["buffer.mean"] && after.integers["batches"] == 1)
        after.tensors["buffer.mean"] = before.tensors["buffer.mean"]
        after.integers["batches"] = 0
        #expect(after == before)
        // Clipping wins.
        let clipped = try Trainer(Models.trained(), TrainerSettings(clipNorm: 1, skipNorm: 1e-6))
        #expect(try clipped.step(Models.batch(0), learningRate: 0.01, weightDecay: 0.05).isUpdated)
    }

    @Test func averagesFollowParametersAndBuffers() throws {
        let trainer = try Trainer(Models.trained(), TrainerSettings(averageDecay: 0.75))
        var expected = trainer.parameters.merging(trainer.buffers) { $1 }.mapValues(\.floats)
        #expect(trainer.averages.mapValues(\.floats) == expected)
        for index in 0..<3 {
            _ = try trainer.step(Models.batch(index), learningRate: 0.05, weightDecay: 0)
            let now = trainer.parameters.merging(trainer.buffers) { $1 }
            for (key, old) in expected { expected[key] = zip(old, now[key]?.floats ?? []).map { $0 * 0.75 + $1 * 0.25 } }
        }
        #expect(trainer.averages.mapValues(\.floats) == expected)
        #expect(try trainer.module(averaged: true).constants["mean"]?.tensor == trainer.averages["mean"])
        #expect(try trainer.module().constants["first.bias"]?.tensor == trainer.parameters["first.bias"])
        #expect(throws: TrainingError.self) { try Trainer(Models.trained()).module(averaged: true) }
    }

    @Test(arguments: [
        TrainerSettings(), TrainerSettings(accumulation: 2, clipNorm: 0.5),
        TrainerSettings(algorithm: .sgd(momentum: 0.9), averageDecay: 0.9),
    ])
    func aResumedTrainingHasTheSameBits(_ settings: TrainerSettings) throws {
        let whole = try Trainer(Models.trained(), settings)
        let losses = try run(whole, 0..<7)
        let first = try Trainer(Models.trained(), settings)
        _ = try run(first, 0..<3)
        let second = try Trainer(Models.trained(), settings)
        try second.restore(first.state)
        #expect(second.state == first.state)
        #expect(try run(second, 3..<7) == Array(losses[3...]))
        #expect(second.state == whole.state)
    }

    @Test func threadsDoNotChangeBits() throws {
        let states = try [1, 2, 4].map { threads in
            let trainer = try Trainer(Models.trained(), TrainerSettings(averageDecay: 0.9), threads: threads)
            _ = try run(trainer, 0..<3, rows: 300)
            return trainer.state
        }
        #expect(states[0] == states[1] && states[0] == states[2])
    }

    @Test func updatesAtOnceAndLaterAreTheSame() throws {
        let (atOnce, later) = (try Trainer(Models.trained()), try Trainer(Models.trained(), TrainerSettings(clipNorm: 1e9)))
        #expect(try run(atOnce, 0..<4) == run(later, 0..<4))
        #expect(atOnce.state == later.state)
    }

    @Test func gradientsAreThoseOfCentralDifferences() throws {
        let trainer = try Trainer(Models.trained())
        let before = trainer.state
        let results = try trainer.gradients(Models.batch(0, rows: 8))
        #expect(trainer.state == before && results["mean"] == nil && results["output"]?.shape == [8, 2])
        let gradient = try #require(results["grad.first.bias"]?.doubles)
        let bias = try #require(trainer.parameters["first.bias"]?.doubles)
        for index in bias.indices {
            let losses = try [0.01, -0.01].map { step in
                var moved = bias
                moved[index] += step
                try trainer.setParameter("first.bias", Tensor(moved, [7], as: .f32))
                return try trainer.gradients(Models.batch(0, rows: 8))["loss"]?.doubles[0] ?? 0
            }
            #expect(abs((losses[0] - losses[1]) / 0.02 - gradient[index]) < 2e-3)
        }
    }

    @Test func buffersTakeTheResultOfTheirName() throws {
        let trainer = try Trainer(Models.trained())
        let outcome = try trainer.step(Models.batch(0), learningRate: 0.01, weightDecay: 0)
        let x = Models.batch(0)["x"]?.floats ?? []
        let mean = (0..<3).map { column in (0..<4).reduce(0) { $0 + x[$1 * 3 + column] } / 8 }
        let found = try #require(trainer.buffers["mean"]?.floats)
        #expect(zip(found, mean).allSatisfy { abs($0 - $1) < 1e-6 } && outcome.results["mean"] == nil)
        try trainer.setBuffer("mean", Tensor([1, 2, 3], [3]))
        #expect(trainer.buffers["mean"]?.floats == [1, 2, 3])
    }
}
