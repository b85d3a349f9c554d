import Foundation

/// Runs `work` on the items of a source on several threads, and hands the results over in the order of the source.
///
/// Never more than `capacity` items are between the source and the one who takes results, so memory is bounded.
package final class OrderedPrefetch<Item: Sendable, Result: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    /// Held while an item is taken, so that items are numbered in the order of the source.
    private let feeding = NSLock()
    private let source: () -> Item?
    private let work: @Sendable (Item) -> Result
    private let capacity: Int
    // Guarded by `condition`.
    private var results: [Int: Result] = [:]
    private var (fed, taken, running) = (0, 0, 0)
    private var (isExhausted, isStopped) = (false, false)

    /// `source` is called by one thread at a time, and no more once it has given nil.
    package init(threads: Int, capacity: Int, source: @escaping @Sendable () -> Item?, work: @escaping @Sendable (Item) -> Result) {
        self.source = source
        self.work = work
        self.capacity = max(capacity, 1)
        running = max(threads, 1)
        for _ in 0..<running { Thread(block: { self.serve() }).start() }
    }

    private func serve() {
        while let (number, item) = claim() {
            let result = work(item)
            condition.lock()
            results[number] = result
            condition.broadcast()
            condition.unlock()
        }
        condition.lock()
        running -= 1
        condition.broadcast()
        condition.unlock()
    }

    private func claim() -> (Int, Item)? {
        feeding.lock()
        defer { feeding.unlock() }
        condition.lock()
        while !isStopped && !isExhausted && fed - taken >= capacity { condition.wait() }
        let ends = isStopped || isExhausted
        condition.unlock()
        let item = ends ? nil : source()
        condition.lock()
        defer { condition.unlock() }
        guard let item else {
            isExhausted = true
            condition.broadcast()
            return nil
        }
        fed += 1
        return (fed - 1, item)
    }

    /// The next result; nil behind the last.
    /// - Throws: `CancellationError` when the current task is cancelled.
    package func next() throws -> Result? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if Task.isCancelled { throw CancellationError() }
            if let result = results.removeValue(forKey: taken) {
                taken += 1
                condition.broadcast()
                return result
            }
            if isStopped || (isExhausted && taken == fed) { return nil }
            // Cancellation wakes nobody, so it is looked for.
            _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
        }
    }

    /// Waits for the threads to end; results that are left are dropped.
    package func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        while running > 0 { condition.wait() }
        results.removeAll()
        condition.unlock()
    }
}
