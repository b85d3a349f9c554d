import Glibc
import IR
import TestSupport
import Testing

@testable import Runtime

/// The address sanitizer puts an allocator of its own in place of the one that these tests measure.
private let measurable: ConditionTrait = .enabled(
    if: dlsym(nil, "__asan_init") == nil, "the heap cannot be measured under the address sanitizer")

/// In processes of their own, where no other test allocates.
@Suite struct AllocationTests {
    /// Steps take everything from the arena: from the first to the last of a run the heap does not change by a byte.
    @Test(measurable) func stepsLeaveTheHeapAlone() async {
        await #expect(processExitsWith: .success) {
            let heap = try #require(HeapUse())
            let session = Session(try Plan(try Functions.transformer(width: 64)))
            let inputs = ["x": Tensor(zeros: .f32, [2, 50, 64])]
            var marks: [Int] = []
            marks.reserveCapacity(10_000)
            session.observer = { _, _, _, _ in marks.append(heap.bytes) }
            for _ in 0..<3 { _ = try session.run("main", inputs) }
            let steps = marks.count / 3
            try #require(steps > 10 && (marks.first ?? 0) > 0)
            #expect(Set(marks.suffix(steps)).count == 1, "bytes in use after each step: \(marks.suffix(steps))")
        }
    }

    @Test(measurable) func repeatedRunsDoNotGrow() async {
        await #expect(processExitsWith: .success) {
            let heap = try #require(HeapUse())
            let session = Session(try Plan(try Functions.transformer(width: 64)))
            func rounds(_ count: Int) throws {
                for round in 0..<count { _ = try session.run("main", ["x": Tensor(zeros: .f32, [1, 10 + round % 4, 64])]) }
            }
            try rounds(20)
            let (before, peak) = (heap.bytes, session.peakArenaBytes)
            try rounds(200)
            #expect(heap.bytes <= before + 4096)
            #expect(session.peakArenaBytes == peak)
            let held = [UInt8](repeating: 1, count: 100_000)
            #expect(heap.bytes >= before + held.count, "the measure sees what is allocated")
        }
    }

    @Test func theArenaIsSmallerThanAllValues() throws {
        let plan = try Plan(try Functions.transformer(width: 64))
        let graph = try plan.function("main")
        let binding = ["b": 1, "n": 40]
        let values = try graph.nodes.flatMap(\.outputs).reduce(0) { try $0 + graph.type(of: $1).sizes(binding).reduce(4, *) }
        #expect(try plan.whole(graph, binding).arenaBytes < values / 2)
    }
}
