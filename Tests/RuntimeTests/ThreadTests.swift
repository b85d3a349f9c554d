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
            #expect(Machine.measuredThreads() > 1)
            #expect(Machine.withThreads(1) { Machine.measuredThreads() } == 1)
            #expect(Machine.withThreads(3) { Machine.measuredThreads() } == 3)
            Machine.setDefaultThreads(2)
            #expect(Machine.threads == 2 && Machine.measuredThreads() == 2)
            #expect(Machine.environmentNotice == nil)
        }
    }

    /// Large enough that every kernel splits its work.
    @Test func threadsDoNotChangeBits() async {
        await #expect(processExitsWith: .success) {
            var draw = SampleTensors(seed: 91)
            let inputs = ["x": draw.floats([2, 70, 128])]
            let plan = try Plan(try Functions.transformer(width: 128))
            for set in Machine.InstructionSet.allCases where Machine.select(set) == set {
                let single = try Session(plan, threads: 1).run("main", inputs)
                for threads in [2, 3, 1] {
                    #expect(try Session(plan, threads: threads).run("main", inputs) == single, "\(set.name), \(threads) threads")
                }
            }
        }
    }

    /// Each session's runs open teams of its own size while those of others run beside them.
    @Test func sessionsWithDifferentThreadsRunAtOnce() async throws {
        await #expect(processExitsWith: .success) {
            var draw = SampleTensors(seed: 93)
            let inputs = ["x": draw.floats([1, 70, 64])]
            let plan = try Plan(try Functions.transformer(width: 64))
            let single = try Session(plan, threads: 1).run("main", inputs)
            await withTaskGroup(of: Void.self) { group in
                for threads in 1...3 {
                    group.addTask {
                        let session = Session(plan, threads: threads)
                        var teams: Set<Int> = []
                        session.observer = { _, _, _, _ in teams.insert(Machine.measuredThreads()) }
                        for _ in 0..<20 { #expect((try? session.run("main", inputs)) == single, "\(threads) threads change bits") }
                        #expect(teams == [threads])
                    }
                }
            }
            #expect(Machine.withThreads(nil) { Machine.threads } == Machine.threads)
        }
    }

    /// More threads need more scratch memory than the function was first lowered with.
    @Test func scratchGrowsWithThreads() async {
        await #expect(processExitsWith: .success) {
            let plan = try Plan(try Functions.transformer(width: 64))
            let graph = try plan.function("main")
            func arena(_ threads: Int) throws -> Int {
                try Machine.withThreads(threads) { try plan.whole(graph, ["b": 1, "n": 100]).arenaBytes }
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

    /// Vector kernels have their check in `Tests/KernelCheck`, which counts those without; each line's operators have samples here.
    @Test func theKernelTableIsComplete() {
        let kernels = Machine.kernels
        #expect(Set(kernels.map(\.name)).count == kernels.count)
        let samples = Set(OperatorSamples.all.map(\.opName))
        for kernel in kernels {
            for name in kernel.operators where !samples.contains(name) { Issue.record("\(kernel.name): there is no sample of \(name)") }
        }
        for kernel in kernels {
            #expect(["exact", "close"].contains(kernel.promise) && ["vector", "scalar"].contains(kernel.tile))
            #expect((kernel.promise == "close") == !kernel.bound.isEmpty, "\(kernel.name)")
        }
    }
}
