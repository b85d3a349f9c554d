import Runtime
import Synchronization

/// A wish to stop work, for callers that have no task to cancel: made beforehand, given to the call, cancelled from any thread.
///
/// Work stops between two steps of a model. Cancelling the calling task does the same.
public final class CancellationToken: Sendable {
    package let flag = CancellationFlag()
    private let listeners = Mutex<[UInt64: @Sendable () -> Void]>([:])
    private let nextListener = Atomic<UInt64>(0)

    /// A token that is not cancelled.
    public init() {}

    /// Whether ``cancel()`` was called.
    public var isCancelled: Bool { flag.isCancelled }

    /// Asks the work that was given this token to stop; again does nothing.
    public func cancel() {
        flag.cancel()
        let all = listeners.withLock { table in
            defer { table.removeAll() }
            return table.values.map(\.self)
        }
        for listener in all { listener() }
    }

    /// Calls `body` once when the token is cancelled, at once if it already is; ``forget(_:)`` takes the number.
    func whenCancelled(_ body: @escaping @Sendable () -> Void) -> UInt64 {
        let number = nextListener.wrappingAdd(1, ordering: .relaxed).newValue
        listeners.withLock { $0[number] = body }
        // Cancelled before the listener was there: whoever takes it out of the table calls it.
        if isCancelled, let own = listeners.withLock({ $0.removeValue(forKey: number) }) { own() }
        return number
    }

    func forget(_ number: UInt64) { listeners.withLock { _ = $0.removeValue(forKey: number) } }
}
