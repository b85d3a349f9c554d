import Tessera

/// A request on its way through a queue.
final class Call: @unchecked Sendable {
    /// Where it is; only the queue it is in changes that, under its lock.
    enum State {
        /// Not in a queue yet.
        case fresh
        case waiting
        case running(Batch)
        case done
    }

    /// What became of it.
    enum Outcome: Sendable {
        case computed([String: Tensor], queueTime: Duration, computeTime: Duration, rows: Int)
        case failed(ServingError)
        /// The queue was closed before the call came: another has taken its place, perhaps.
        case moved
    }

    let function: ServedFunction
    let inputs: [String: Tensor]
    /// Along which it is joined with others; 0 where it is not.
    let rows: Int
    let deadline: ContinuousClock.Instant?
    let arrival: ContinuousClock.Instant

    // Of the queue, under its lock.
    var state = State.fresh
    var waiter: CheckedContinuation<Outcome, Never>?

    init(
        _ function: ServedFunction, _ inputs: [String: Tensor], deadline: ContinuousClock.Instant?, arrival: ContinuousClock.Instant
    ) {
        (self.function, self.inputs, self.deadline, self.arrival) = (function, inputs, deadline, arrival)
        rows = function.rows(inputs)
    }

    /// Whether both can be part of one batch.
    func joins(_ other: Call) -> Bool {
        rows > 0 && other.rows > 0 && function === other.function && function.fit(inputs, other.inputs)
    }
}

/// Calls that are computed in one run.
final class Batch: @unchecked Sendable {
    let calls: [Call]
    /// Rows of all; 1 for a call without rows.
    let rows: Int
    /// Stops the run; cancelled when nobody waits for it any more.
    let token: CancellationToken
    /// Calls that somebody waits for; of the queue, under its lock.
    var alive: Int

    init(_ calls: [Call], _ token: CancellationToken) {
        (self.calls, self.token) = (calls, token)
        alive = calls.count
        rows = max(calls.reduce(0) { $0 + $1.rows }, 1)
    }

    var function: ServedFunction { calls[0].function }
}
