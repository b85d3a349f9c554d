import TestSupport
import Testing

@testable import Runtime

@Suite struct MemoryPlannerTests {
    private func requests(seed: UInt64) -> [MemoryPlanner.Request] {
        var random = SeededRandom(seed: seed)
        return (0..<Int.random(in: 0...60, using: &random)).map { _ in
            let first = Int.random(in: 0...40, using: &random)
            let bytes = [0, 1, 63, 64, 65, Int.random(in: 0...5000, using: &random)].randomElement(using: &random) ?? 0
            return MemoryPlanner.Request(bytes: bytes, lifetime: first...(first + Int.random(in: 0...12, using: &random)))
        }
    }

    @Test(arguments: 0..<100)
    func buffersAliveTogetherNeverOverlap(_ seed: Int) {
        let requests = requests(seed: UInt64(seed))
        let (offsets, arena) = MemoryPlanner.place(requests)
        #expect(offsets.count == requests.count)
        for i in requests.indices {
            #expect(offsets[i] >= 0 && offsets[i] % MemoryPlanner.alignment == 0)
            #expect(offsets[i] + requests[i].bytes <= arena)
            for j in 0..<i where requests[i].lifetime.overlaps(requests[j].lifetime) {
                let apart = offsets[i] + requests[i].bytes <= offsets[j] || offsets[j] + requests[j].bytes <= offsets[i]
                #expect(apart || requests[i].bytes == 0 || requests[j].bytes == 0, "seed \(seed): \(i) and \(j)")
            }
        }
        #expect(arena <= requests.reduce(0) { $0 + MemoryPlanner.align($1.bytes) })
    }

    /// At least what is alive at the fullest step is needed; a chain of equal buffers needs two.
    @Test func memoryIsReused() {
        let chain = (0..<20).map { MemoryPlanner.Request(bytes: 1000, lifetime: $0...($0 + 1)) }
        #expect(MemoryPlanner.place(chain).arenaBytes == 2 * MemoryPlanner.align(1000))
        for seed in 0..<20 {
            let requests = requests(seed: UInt64(seed))
            let fullest =
                (0...60).map { step in
                    requests.filter { $0.lifetime.contains(step) }.reduce(0) { $0 + MemoryPlanner.align($1.bytes) }
                }.max() ?? 0
            #expect(MemoryPlanner.place(requests).arenaBytes >= fullest)
        }
    }

    @Test func nothingNeedsNothing() { #expect(MemoryPlanner.place([]).arenaBytes == 0) }
}
