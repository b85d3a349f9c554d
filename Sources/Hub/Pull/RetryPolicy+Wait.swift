extension RetryPolicy {
    /// Calls `body` until it succeeds, fails for good, or has failed too often.
    /// - Throws: ``HubError`` and others that `body` throws; never a `TransientError`.
    func run<Result>(_ onEvent: (Pull.Event) -> Void, _ body: () async throws -> Result) async throws -> Result {
        for attempt in 1... {
            do {
                return try await body()
            } catch let failure as TransientError {
                guard attempt < attempts, !failure.isNameUnknown else { throw failure.error }
                try await wait(failure, attempt, onEvent)
            }
        }
        throw CancellationError()
    }

    /// The pause after the failed try `number`, from 1. What takes longer than people wait without asking why is counted down.
    /// - Throws: `CancellationError`.
    func wait(_ failure: TransientError, _ number: Int, _ onEvent: (Pull.Event) -> Void) async throws {
        let pause = failure.pause ?? delay(after: number)
        guard pause > .seconds(2) else { return try await Task.sleep(for: pause) }
        for left in stride(from: Int(pause.components.seconds), to: 0, by: -1) {
            onEvent(.paused(reason: failure.error.description, secondsLeft: left))
            try await Task.sleep(for: second)
        }
    }
}
