import Tessera

/// Requests for models that were evicted wait here until these are loaded again.
extension ModelRepository {
    /// A request that waits for a version to be read; nil comes of a reading without fault.
    typealias Waker = CheckedContinuation<ServingError?, Never>

    /// Loads a version that was evicted; requests for it come together here. Cancelling the task, or the deadline, ends the waiting, and not
    /// the loading, which is for those that come later.
    nonisolated func wake(_ key: Key, until deadline: ContinuousClock.Instant? = nil) async throws(ServingError) -> any Served {
        try await awaken(key, deadline)
    }

    private func awaken(_ key: Key, _ deadline: ContinuousClock.Instant?) async throws(ServingError) -> any Served {
        if let served = record(key)?.served { return served }
        if let deadline, deadline <= .now { throw .deadlineExceeded(model: key.model) }
        if let fault = await wakers[key, default: [:]].count < settings(key.model).maxQueue ? wait(key, deadline) : full(key) {
            record(key)?.statistics.note(fault)
            throw fault
        }
        if isDraining { throw .draining }
        guard let served = record(key)?.served else { throw .notReady(model: key.model, reason: "it was unloaded") }
        return served
    }

    private func full(_ key: Key) -> ServingError { .queueFull(model: key.model, retryAfter: .seconds(1)) }

    /// Waits until the version has been read.
    /// - Returns: why it was not, or why nobody waits any more.
    private func wait(_ key: Key, _ deadline: ContinuousClock.Instant?) async -> ServingError? {
        waking += 1
        let number = waking
        if wakers[key] == nil { startReading(key) }
        let watch = deadline.map { deadline in
            Task {
                guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
                giveUp(key, number, .deadlineExceeded(model: key.model))
            }
        }
        defer { watch?.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waker in
                // Cancelled before there was anything to give up.
                if Task.isCancelled { return waker.resume(returning: .cancelled(model: key.model)) }
                if wakers[key] == nil { return waker.resume(returning: nil) }
                wakers[key]?[number] = waker
            }
        } onCancel: {
            Task { await giveUp(key, number, .cancelled(model: key.model)) }
        }
    }

    /// Reads the version for all that wait for it when it has been read.
    private func startReading(_ key: Key) {
        wakers[key] = [:]
        Task {
            let fault = await read(key, joins: true)
            for waker in (wakers.removeValue(forKey: key) ?? [:]).values { waker.resume(returning: fault) }
        }
    }

    private func giveUp(_ key: Key, _ number: Int, _ error: ServingError) {
        wakers[key]?.removeValue(forKey: number)?.resume(returning: error)
    }
}
