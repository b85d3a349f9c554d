extension RunQueue {
    /// Looks at the deadlines at `deadline`, unless that happens before. Under the lock.
    func watch(_ deadline: ContinuousClock.Instant) {
        if let watch, watch.deadline <= deadline { return }
        watch?.task.cancel()
        let task = Task { [weak self] in
            guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
            self?.expire()
        }
        watch = (deadline, task)
    }

    /// Answers the calls whose deadline has passed, and watches the next one.
    private func expire() {
        let now = ContinuousClock.now
        let late = monitor.withLock {
            watch = nil
            let calls = (waiting + running.flatMap(\.calls)).filter { $0.waiter != nil }
            if let next = calls.compactMap(\.deadline).filter({ $0 > now }).min() { watch(next) }
            return calls.filter { $0.deadline.map { $0 <= now } ?? false }
        }
        for call in late { give(up: call, .deadlineExceeded(model: model)) }
    }
}
