import Collectives
import IR
import TestSupport
import Testing

@testable import Training

/// Trainers whose gradients are summed over a group, a thread for each process.
@Suite struct GroupExchangeTests {
    /// Parameters after some updates, by rank.
    private func run(
        _ size: Int, bucketBytes: Int, without: @escaping @Sendable (Int) -> Set<String> = { _ in [] }
    ) throws -> [[String: Tensor]] {
        try ThreadMessages.run(size) { group in
            let trainer = try Trainer(Models.trained(buffers: []), TrainerSettings(clipNorm: 0.5), threads: 1)
            trainer.exchange = GroupExchange(group, bucketBytes: bucketBytes)
            for step in 0..<4 {
                let batch = Models.batch(step * size + group.rank)
                _ = try trainer.step(batch, learningRate: 0.01, weightDecay: 0.05, without: without(group.rank))
            }
            return trainer.parameters
        }.map { try $0.get() }
    }

    @Test func allFollowTheSame() throws {
        let runs = try [1, 40, 1 << 20].map { try run(3, bucketBytes: $0) }
        for parameters in runs { #expect(parameters.allSatisfy { $0 == runs[0][0] }, "buckets change no bit") }
    }

    @Test func theMeanIsThatOfOneWithAllSamples() throws {
        let shared = try run(2, bucketBytes: 64)[0]
        let trainer = try Trainer(Models.trained(buffers: []), TrainerSettings(clipNorm: 0.5), threads: 1)
        for step in 0..<4 {
            let parts = [Models.batch(2 * step), Models.batch(2 * step + 1)]
            let joined = parts[0].merging(parts[1]) { a, b in
                Tensor(a.floats + b.floats, [a.shape[0] + b.shape[0]] + a.shape.dropFirst())
            }
            _ = try trainer.step(joined, learningRate: 0.01, weightDecay: 0.05)
        }
        for (key, tensor) in trainer.parameters {
            let others = try #require(shared[key])
            #expect(zip(tensor.floats, others.floats).allSatisfy { ($0 - $1).magnitude < 1e-5 }, "\(key)")
        }
    }

    /// A head without targets in all processes is left alone; in one, it moves in all.
    @Test func parametersWithoutGradients() throws {
        let key = try #require(Models.trained(buffers: []).parameters.last)
        let start = try Trainer(Models.trained(buffers: [])).parameters[key]
        let none = try run(2, bucketBytes: 64) { _ in [key] }
        #expect(none.allSatisfy { $0[key] == start })
        let some = try run(2, bucketBytes: 64) { $0 == 0 ? [key] : [] }
        #expect(some[0][key] == some[1][key] && some[0][key] != start)
    }
}
