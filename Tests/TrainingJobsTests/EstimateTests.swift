import Inspect
import Testing
import Training

@testable import TrainingJobs

@Suite struct EstimateTests {
    /// 6·3 + 6 + 2·6 numbers.
    @Test func memoryIsThatOfTheOptimizer() throws {
        let shop = try Workshop()
        func estimate(_ change: (inout GraphOptions) -> Void) throws -> TrainingEstimate {
            var options = try shop.options()
            change(&options)
            return try TrainingJob(GraphTask(options) { _ in }, shop.settings(), listener: Ear()).estimate()
        }
        let adam = try estimate { _ in }
        #expect(adam.parameters == 36 && adam.stateBytes == 36 * 4 * 3 && adam.steps == 12 && adam.allSteps == 12)
        #expect((adam.stepBytes ?? 0) > 0 && (adam.secondsPerBatch ?? -1) > 0 && adam.unit == "samples")
        #expect(try estimate { $0.optimizer = .sgd() }.stateBytes == 36 * 4)
        #expect(try estimate { $0.optimizer = .sgd(momentum: 0.9) }.stateBytes == 36 * 4 * 2)
        #expect(try estimate { $0.clipNorm = 1 }.stateBytes == 36 * 4 * 4)
        #expect(try estimate { $0.averageDecay = 0.9 }.stateBytes == 36 * 4 * 4)
        #expect(try estimate { $0.parameters = ["b.*"] }.parameters == 12)
        let large = try #require(try estimate { $0.batch = 24 }.stepBytes)
        #expect(large > adam.stepBytes ?? 0)
        #expect(shop.names("") == ["data.npz", "mlp.ir", "mlp.ir.safetensors"], "nothing is made")
    }

    private func estimate(memory: Int, available: Int, disk: Int, free: Int?) -> TrainingEstimate {
        TrainingEstimate(
            kind: "graph", steps: 1, allSteps: 1, parameters: 1, stateBytes: memory, constantBytes: 0, stepBytes: nil, memoryBytes: memory,
            availableBytes: available, secondsPerBatch: nil, seconds: nil, rate: nil, unit: "samples", checkpointBytes: disk,
            diskBytes: disk,
            freeDiskBytes: free)
    }

    @Test func tooLittleMemoryIsRefused() throws {
        try estimate(memory: 10, available: 10, disk: 0, free: 0).checkMemory()
        let error = #expect(throws: WorkError.self) { try estimate(memory: 2_000_000, available: 1000, disk: 0, free: 0).checkMemory() }
        #expect(error?.cause == .resources && error?.description.contains("2.00 MB") == true)
        #expect(AvailableMemory.bytes > 1 << 20)
    }

    @Test func tooLittleDiskIsWarnedOf() {
        #expect(estimate(memory: 0, available: 0, disk: 10, free: 10).diskProblem == nil)
        #expect(estimate(memory: 0, available: 0, disk: 10, free: nil).diskProblem == nil)
        #expect(estimate(memory: 0, available: 0, disk: 5000, free: 10).diskProblem?.contains("5.00 kB") == true)
    }

    @Test func timesAreText() {
        #expect([0.0125, 4.21, 187, 3720, 200_000].map(TrainingPace.text) == ["13 ms", "4.2 s", "3:07 min", "1:02 h", "2 d 7 h"])
        #expect(TrainingPace.text(.nan) == "?")
    }
}
