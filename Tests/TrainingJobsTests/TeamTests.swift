import Formats
import IR
import Inspect
import TestSupport
import Testing
import Training

@testable import TrainingJobs

/// Trainings that processes share; here they are threads. `Scripts/mpi-tests.sh` has processes.
@Suite struct TeamTests {
    /// What each rank reports or throws. All make the options by `change` of their own.
    private func train(
        _ size: Int, _ shop: Workshop, _ output: String, resumes: Bool = false, until end: Int = .max, _ ear: Ear = Ear(),
        _ change: @escaping @Sendable (Int, inout GraphOptions) -> Void = { _, _ in }
    ) -> [Result<TrainingReport, any Error>] {
        ThreadMessages.run(size) { group in
            var options = try shop.options()
            options.batch = 12 / size
            (options.rank, options.ranks) = (group.rank, size)
            change(group.rank, &options)
            var settings = shop.settings(output)
            settings.resumes = resumes
            let task = try GraphTask(options) { _ in }
            let listener = group.rank == 0 ? ear : Ear()
            var asked = 0
            return try TrainingJob(task, settings, team: TrainingTeam(group), listener: listener).run {
                defer { asked += 1 }
                // One of them wants to stop, and all do.
                return group.rank == size - 1 && asked >= end
            }
        }
    }

    private func weights(_ shop: Workshop, _ output: String) throws -> [String: [Float]] {
        try SafeTensorsFile(path: shop.file("\(output)/model/mlp.ir.safetensors")).byName.compactMapValues { $0.tensor?.floats }
    }

    private func isNear(_ a: [String: [Float]], _ b: [String: [Float]]) -> Bool {
        !a.isEmpty
            && a.allSatisfy { key, values in
                guard let others = b[key], others.count == values.count else { return false }
                return zip(values, others).allSatisfy { ($0 - $1).magnitude < 1e-4 }
            }
    }

    @Test func oneWritesWhatAllTrain() throws {
        let shop = try Workshop()
        for (name, size) in [("one", 1), ("two", 2), ("again", 2), ("four", 4)] {
            let reports = try train(size, shop, name).map { try $0.get() }
            #expect(reports.allSatisfy { $0.step == 12 && $0.amount == 144 && $0.loss == reports[0].loss })
            #expect(reports.filter { $0.model != nil }.count == 1)
        }
        let two = try weights(shop, "two")
        #expect(try weights(shop, "again") == two)
        #expect(try isNear(weights(shop, "one"), two) && isNear(weights(shop, "four"), two))
        let log = try TrainingLog.read(shop.file("two/log.jsonl"))
        #expect(log.map(\.step) == [2, 4, 6, 8, 10, 12])
    }

    /// The state is rank 0's, wherever the others begin.
    @Test func aResumeGoesOnWithAnyNumber() throws {
        let shop = try Workshop()
        _ = try train(2, shop, "whole").map { try $0.get() }
        for (name, size) in [("two", 2), ("one", 1), ("three", 3)] {
            let stopped = try train(2, shop, name, until: 5).map { try $0.get() }
            #expect(stopped.allSatisfy { $0.isStopped && $0.step == 5 })
            let reports = try train(size, shop, name, resumes: true).map { try $0.get() }
            #expect(reports.allSatisfy { $0.step == 12 && !$0.isStopped })
        }
        #expect(try weights(shop, "two") == weights(shop, "whole"))
        #expect(try isNear(weights(shop, "one"), weights(shop, "whole")) && isNear(weights(shop, "three"), weights(shop, "whole")))
    }

    @Test func whoDiffersIsNamed() throws {
        let shop = try Workshop()
        let rates = train(3, shop, "rates") { rank, options in if rank == 1 { options.learningRate = 0.04 } }
        let advice = "start all with the same files and options"
        for result in rates {
            #expect(throws: TeamError("the options of rank 1 (machine-1) differ from those of rank 0; \(advice)")) { try result.get() }
        }
        let other = try Workshop()
        let text = try String(contentsOfFile: other.file("mlp.ir"), encoding: .utf8)
        try text.replacing("tanh(%0)", with: "sigmoid(%0)").write(toFile: other.file("mlp.ir"), atomically: true, encoding: .utf8)
        let models = train(2, shop, "models") { rank, options in if rank == 1 { options.model = other.file("mlp.ir") } }
        for result in models {
            #expect(throws: TeamError("the functions of rank 1 (machine-1) differ from those of rank 0; \(advice)")) { try result.get() }
        }
    }

    @Test func aLossThatIsNoNumberStopsAll() throws {
        let shop = try Workshop { arrays in
            var values = arrays["x"]?.floats ?? []
            values[11 * 3 + 1] = .nan
            arrays["x"] = Tensor(values, [Workshop.rows, 3])
        }
        let errors = train(2, shop, "out").map { result -> String in
            do { return "\(try result.get())" } catch { return "\(error)" }
        }
        #expect(errors[0] == errors[1])
        #expect(errors[0].contains("is no number; its batch: ") && errors[0].contains("row 11"), "\(errors[0])")
    }

    @Test func checkpointsDoNotFallIntoUpdates() throws {
        let shop = try Workshop()
        let refused = train(2, shop, "out") { _, options in options.accumulation = 3 }
        for result in refused { #expect(throws: TeamError.self) { try result.get() } }
        let results = train(2, shop, "held", until: 2) { _, options in options.accumulation = 4 }
        #expect(try results.map { try $0.get().step } == [8, 8], "a stop waits for the end of an update")
    }
}
