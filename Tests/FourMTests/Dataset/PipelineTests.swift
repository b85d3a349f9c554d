import Foundation
import IR
import Synchronization
import Testing

@testable import FourMData
@testable import FourMSettings

@Suite struct PipelineTests {
    private final class Counter: Sendable {
        let values = Mutex<(given: Int, open: Int, most: Int)>((0, 0, 0))

        func give(below limit: Int) -> Int? {
            values.withLock { state in
                guard state.given < limit else { return nil }
                state.given += 1
                state.open += 1
                state.most = max(state.most, state.open)
                return state.given - 1
            }
        }

        func close() { values.withLock { $0.open -= 1 } }
    }

    @Test(arguments: [1, 3, 8]) func resultsComeInOrderAndFew(threads: Int) throws {
        let counter = Counter()
        let prefetch = OrderedPrefetch<Int, Int>(
            threads: threads, capacity: 5, source: { counter.give(below: 200) },
            work: { item in
                usleep(UInt32((item * 7919) % 300))
                return item * 2
            })
        var results: [Int] = []
        while let result = try prefetch.next() {
            counter.close()
            results.append(result)
        }
        prefetch.stop()
        #expect(results == (0..<200).map { $0 * 2 })
        // One more may be taken from the source before its place is counted as given.
        #expect(counter.values.withLock { $0.most } <= 6)
    }

    @Test func stoppingEndsTheThreads() throws {
        let counter = Counter()
        let prefetch = OrderedPrefetch<Int, Int>(threads: 4, capacity: 4, source: { counter.give(below: .max) }, work: { $0 })
        #expect(try prefetch.next() == 0)
        prefetch.stop()
        let given = counter.values.withLock { $0.given }
        usleep(20_000)
        #expect(counter.values.withLock { $0.given } == given)
    }

    @Test func cancellationIsNoticedWhileWaiting() async {
        let task = Task.detached {
            let prefetch = OrderedPrefetch<Int, Int>(
                threads: 1, capacity: 1, source: { 1 },
                work: {
                    usleep(400_000); return $0
                })
            defer { prefetch.stop() }
            while try prefetch.next() != nil {}
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func theWriterStopsAtTheFirstFailure() throws {
        let written = Mutex<[Int]>([])
        let writer = BackgroundWriter(capacity: 2)
        #expect(throws: FourMError("disk full")) {
            for index in 0..<100 {
                try writer.submit {
                    if index == 3 { throw FourMError("disk full") }
                    written.withLock { $0.append(index) }
                }
            }
            try writer.finish()
        }
        #expect(throws: FourMError("disk full")) { try writer.finish() }
        #expect(written.withLock { $0 } == [0, 1, 2])
    }

    private func sample(_ key: String, _ values: [Float]) -> PreparedSample {
        let unit = DatasetPlan.Unit(path: key, problem: nil)
        let job = SampleJob(unit: unit, key: key, cropKey: key, source: .file(key), mask: nil, crops: .none, fraction: 0)
        return PreparedSample(job: job, input: Tensor(values, [values.count, 1, 1, 1]), crops: nil)
    }

    @Test func batchesCrossSamplesAndSamplesLeaveWhole() throws {
        var queue = BatchQueue()
        let sizes = [1, 4, 2, 3]
        var next: Float = 0
        for (index, size) in sizes.enumerated() {
            queue.append(sample("\(index)", (0..<size).map { Float($0) + next }))
            next += Float(size)
        }
        var (leaving, batches): ([[Int]], [Int]) = ([], [])
        while queue.pending > 0 {
            let batch = try #require(queue.batch(3))
            batches.append(batch.shape[0])
            queue.take(batch.floats.flatMap { [Int($0), -Int($0)] }, each: 2)
            while case .sample(let waiting)? = queue.next() { leaving.append(waiting.tokens) }
        }
        #expect(batches == [3, 3, 3, 1])
        #expect(leaving == [[0, 0], [1, -1, 2, -2, 3, -3, 4, -4], [5, -5, 6, -6], [7, -7, 8, -8, 9, -9]])
    }
}
