import Foundation

/// Does jobs one after another on a thread of its own. At most `capacity` wait, so memory is bounded.
final class BackgroundWriter: @unchecked Sendable {
    private let condition = NSCondition()
    private let capacity: Int
    // Guarded by `condition`.
    private var jobs: [@Sendable () throws -> Void] = []
    private var failure: (any Error)?
    private var (isClosed, isRunning) = (false, true)

    init(capacity: Int) {
        self.capacity = max(capacity, 1)
        Thread(block: { self.serve() }).start()
    }

    private func serve() {
        condition.lock()
        while true {
            while jobs.isEmpty && !isClosed { condition.wait() }
            guard let job = jobs.first else { break }
            condition.unlock()
            var problem: (any Error)?
            do { try job() } catch { problem = error }
            condition.lock()
            jobs.removeFirst()
            if let problem {
                failure = failure ?? problem
                jobs.removeAll()
            }
            condition.broadcast()
        }
        isRunning = false
        condition.broadcast()
        condition.unlock()
    }

    /// Waits for room, then queues `job`.
    /// - Throws: what an earlier job threw; none is done after that.
    func submit(_ job: @escaping @Sendable () throws -> Void) throws {
        condition.lock()
        defer { condition.unlock() }
        while failure == nil && jobs.count >= capacity { condition.wait() }
        if let failure { throw failure }
        jobs.append(job)
        condition.broadcast()
    }

    /// Waits for all jobs; the thread then ends.
    /// - Throws: what a job threw.
    func finish() throws {
        condition.lock()
        defer { condition.unlock() }
        isClosed = true
        condition.broadcast()
        while isRunning { condition.wait() }
        if let failure { throw failure }
    }
}
