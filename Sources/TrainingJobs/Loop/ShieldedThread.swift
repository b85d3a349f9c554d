import Foundation

/// A thread of its own, on which the cancellation of the task that asks is not seen: a step that has begun there ends, so that weights are never
/// half updated.
final class ShieldedThread: @unchecked Sendable {
    /// Work that the thread alone does while who asked waits.
    private struct Work: @unchecked Sendable {
        let body: () -> Void
    }

    private let condition = NSCondition()
    // Guarded by `condition`.
    private var work: Work?
    private var isOver = false

    init() {
        let thread = Thread { self.serve() }
        thread.stackSize = 16 << 20
        thread.start()
    }

    /// What `body` gives, run on the thread; returns when it is done.
    func run<Result>(_ body: () throws -> Result) throws -> Result {
        var result: Swift.Result<Result, any Error>?
        withoutActuallyEscaping({ result = Swift.Result { try body() } }) { body in
            condition.lock()
            work = Work(body: body)
            condition.broadcast()
            while work != nil { condition.wait() }
            condition.unlock()
        }
        guard let result else { throw CancellationError() }
        return try result.get()
    }

    /// Lets the thread end; nothing may be run after that.
    func end() {
        condition.lock()
        isOver = true
        condition.broadcast()
        condition.unlock()
    }

    private func serve() {
        condition.lock()
        defer { condition.unlock() }
        while true {
            while work == nil, !isOver { condition.wait() }
            guard let next = work else { return }
            condition.unlock()
            next.body()
            condition.lock()
            work = nil
            condition.broadcast()
        }
    }
}
