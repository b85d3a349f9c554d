import Foundation
import IR
import TestSupport
import Testing

@testable import Runtime

/// Settings of the process, so each test runs in a process of its own.
@Suite struct ThreadTests {
    @Test(.enabled(if: ProcessInfo.processInfo.activeProcessorCount >= 2, "needs two processor cores"))
    func moreThanOneThreadRuns() async {
        await #expect(processExitsWith: .success) {
            Machine.setThreads(nil)
            #expect(Machine.measuredThreads() > 1)
            Machine.setThreads(1)
            #expect(Machine.measuredThreads() == 1)
            Machine.setThreads(2)
            #expect(Machine.threads == 2 && Machine.measuredThreads() == 2)
        }
    }

    /// Large enough that every kernel splits its work.
    @Test func threadsDoNotChangeBits() async {
        await #expect(processExitsWith: .success) {
            var draw = SampleTensors(seed: 91)
            let inputs = ["x": draw.floats([2, 70, 128])]
            let session = Session(try Plan(try Functions.transformer(width: 128)))
            for set in Machine.InstructionSet.allCases where Machine.select(set) == set {
                Machine.setThreads(1)
                let single = try session.run("main", inputs)
                for threads in [2, 3, 1] {
                    Machine.setThreads(threads)
                    #expect(try session.run("main", inputs) == single, "\(set.name), \(threads) threads")
                }
            }
        }
    }

    /// More threads need more scratch memory than the function was first lowered with.
    @Test func scratchGrowsWithThreads() async {
        await #expect(processExitsWith: .success) {
            let plan = try Plan(try Functions.transformer(width: 64))
            let graph = try plan.function("main")
            func arena(_ threads: Int) throws -> Int {
                Machine.setThreads(threads)
                return try plan.bound(graph, ["b": 1, "n": 100], []).arenaBytes
            }
            let single = try arena(1)
            #expect(try arena(16) > single)
            #expect(try arena(1) == single)
        }
    }

    @Test func instructionSetsAgree() async {
        await #expect(processExitsWith: .success) {
            var draw = SampleTensors(seed: 92)
            let inputs = ["x": draw.floats([1, 40, 64])]
            let session = Session(try Plan(try Functions.transformer(width: 64)))
            Machine.select(.generic)
            let generic = try #require(try session.run("main", inputs)["y"])
            Machine.select(Machine.best)
            let best = try #require(try session.run("main", inputs)["y"])
            let scale = Double(generic.floats.map(abs).max() ?? 0)
            #expect(mismatch(best, generic, [Double](repeating: 4e-6 * scale, count: generic.count)) == nil)
        }
    }

    @Test func theKernelTableIsComplete() {
        let kernels = Machine.kernels
        #expect(kernels.count > 60 && Set(kernels.map(\.name)).count == kernels.count)
        for kernel in kernels {
            #expect(["exact", "close"].contains(kernel.promise) && ["vector", "scalar"].contains(kernel.tile))
            #expect((kernel.promise == "close") == !kernel.bound.isEmpty, "\(kernel.name)")
        }
    }
}
