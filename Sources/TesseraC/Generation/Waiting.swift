import Dispatch
import Synchronization
import Tessera

#if canImport(Glibc)
    import Glibc
#endif

/// What tasks tell a thread that waits for it: callbacks of C run on the thread that called, never on one of those that tasks share.
final class Mailbox<Message: Sendable>: Sendable {
    private let messages = Mutex<(waiting: [Message], isClosed: Bool)>(([], false))
    private let arrivals = DispatchSemaphore(value: 0)

    func put(_ message: Message) {
        messages.withLock { $0.waiting.append(message) }
        arrivals.signal()
    }

    /// Nothing comes after what is there.
    func close() {
        messages.withLock { $0.isClosed = true }
        arrivals.signal()
    }

    /// The next messages, in order; waits for some, and gives none at the end.
    func next() -> [Message] {
        while true {
            arrivals.wait()
            let (found, isClosed) = messages.withLock { box in
                defer { box.waiting = [] }
                return (box.waiting, box.isClosed)
            }
            if !found.isEmpty || isClosed { return found }
        }
    }
}

/// The threads that tasks share, which a forked child has not.
enum TaskThreads {
    /// The process that first had tasks.
    private static let owner = getpid()

    /// - Throws: `TesseraError` in a child, in which a task would wait for ever.
    static func check() throws(TesseraError) {
        guard getpid() != owner else { return }
        throw TesseraError(
            .usage, "this process was forked from one that had a pipeline open, whose threads it has not",
            remedy: "open pipelines in the child alone, or start it with exec")
    }
}

/// Waits for what `body` gives.
func waiting<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) throws -> Result {
    try TaskThreads.check()
    let box = Mailbox<Swift.Result<Result, any Error>>()
    Task.detached {
        do { box.put(.success(try await body())) } catch { box.put(.failure(error)) }
        box.close()
    }
    guard let result = box.next().first else { throw TesseraError(.internal, "a task ended without a result") }
    return try result.get()
}
