import Tessera

extension RunQueue {
    /// What a thread does: takes batches until the queue is closed and empty.
    func serve() {
        while let (batch, runner) = monitor.withLock({ next() }) { perform(batch, runner) }
        let enders = monitor.withLock {
            threads -= 1
            if threads == 0 { watch?.task.cancel() }
            // Others may wait for a session that a caller had, to compute what this thread took.
            monitor.broadcast()
            return takeEnders()
        }
        for ender in enders { ender.resume() }
    }

    /// Computes a batch and answers its calls.
    func perform(_ batch: Batch, _ runner: BatchRunner) {
        hooks.willRun?(model, batch.calls.count)
        let began = ContinuousClock.now
        let results = compute(batch, runner)
        finish(batch, results, runner, began: began, ended: .now)
    }

    /// The next calls to compute and the session for them, as long as it may take; nil when there will be none. Under the lock.
    private func next() -> (Batch, BatchRunner)? {
        while true {
            if waiting.isEmpty, isClosed { return nil }
            guard let first = waiting.first, let runner = spare.last else {
                idle += 1
                monitor.wait()
                idle -= 1
                continue
            }
            let chosen = places(joining: first)
            guard let time = patience(first, chosen) else {
                spare.removeLast()
                return (take(chosen, runner.freshToken()), runner)
            }
            gathering += 1
            monitor.wait(time)
            gathering -= 1
        }
    }

    /// Places in the queue of the calls that are computed together with the first: in their order, as many as a batch may have.
    private func places(joining first: Call) -> [Int] {
        guard first.rows > 0, waiting.count > 1, !trials.refused.contains(first.function.name) else { return [0] }
        var (places, rows) = ([0], first.rows)
        for (place, call) in waiting.enumerated().dropFirst() {
            if rows >= first.function.maxBatch { break }
            guard rows + call.rows <= first.function.maxBatch, call.joins(first) else { continue }
            places.append(place)
            rows += call.rows
        }
        return places
    }

    /// How long to wait for more calls of the batch; nil to begin.
    private func patience(_ first: Call, _ places: [Int]) -> Duration? {
        guard settings.maxDelay > .zero, first.rows > 0, !isClosed, !trials.refused.contains(first.function.name) else { return nil }
        if places.reduce(0, { $0 + waiting[$1].rows }) >= first.function.maxBatch { return nil }
        let left = settings.maxDelay - (.now - first.arrival)
        return left > .zero ? left : nil
    }

    /// The calls at `places` as a batch that runs. Under the lock.
    func take(_ places: [Int], _ token: CancellationToken) -> Batch {
        let batch = Batch(places.map { waiting[$0] }, token)
        for place in places.reversed() { waiting.remove(at: place) }
        for call in batch.calls { call.state = .running(batch) }
        running.append(batch)
        return batch
    }

    /// What each call of the batch gives.
    private func compute(_ batch: Batch, _ runner: BatchRunner) -> [BatchRunner.Result] {
        guard batch.calls.count > 1 else { return [runner.alone(batch.calls[0])] }
        let joined = runner.joined(batch)
        guard settings.batching == .automatic || joined == nil else { return joined?.map { .success($0) } ?? [] }
        let key = BatchTrials.Key(batch)
        if let joined, monitor.withLock({ trials.passed.contains(key) }) { return joined.map { .success($0) } }
        // A fault may be that of one call alone; and rows that were never computed together in these sizes may have other bits alone.
        let alone = batch.calls.map { runner.alone($0) }
        if let joined, !batch.token.isCancelled { judge(joined, alone, key) }
        return alone
    }

    private func judge(_ joined: [[String: Tensor]], _ alone: [BatchRunner.Result], _ key: BatchTrials.Key) {
        let isSame = zip(joined, alone).allSatisfy { (try? $1.get()) == $0 }
        monitor.withLock { isSame ? trials.pass(key) : trials.refuse(key) }
    }

    private func finish(
        _ batch: Batch, _ results: [BatchRunner.Result], _ runner: BatchRunner, began: ContinuousClock.Instant,
        ended: ContinuousClock.Instant
    ) {
        let bytes = runner.workingBytes
        let waiters: [CheckedContinuation<Call.Outcome, Never>?]
        let enders: [CheckedContinuation<Void, Never>]
        let hasGrown: Bool
        (waiters, enders, hasGrown) = monitor.withLock {
            running.removeAll { $0 === batch }
            times.add(ended - began, calls: batch.calls.count)
            if batch.calls.count == 1 { shortCalls.add(batch.calls[0], ended - began) }
            spare.append(runner)
            if !waiting.isEmpty, idle > 0 { monitor.signal() }
            let grown = workingBytes[runner.number] < bytes
            workingBytes[runner.number] = bytes
            return (batch.calls.map(answered), takeEnders(), grown)
        }
        statistics.note(rows: batch.rows, began: began, ended: ended) { note in
            for (place, waiter) in waiters.enumerated() where waiter != nil {
                note(batch.calls[place].arrival, results[place].isSuccess)
            }
        }
        for (place, waiter) in waiters.enumerated() {
            waiter?.resume(returning: outcome(batch.calls[place], results[place], batch, began, ended))
        }
        if hasGrown { didGrow() }
        for ender in enders { ender.resume() }
    }

    /// The waiter of a call that is done; nil where nobody waits for it any more. Under the lock.
    private func answered(_ call: Call) -> CheckedContinuation<Call.Outcome, Never>? {
        defer { (call.state, call.waiter) = (.done, nil) }
        return call.waiter
    }

    private func outcome(
        _ call: Call, _ result: BatchRunner.Result, _ batch: Batch, _ began: ContinuousClock.Instant, _ ended: ContinuousClock.Instant
    ) -> Call.Outcome {
        switch result {
        case .success(let outputs):
            .computed(outputs, queueTime: began - call.arrival, computeTime: ended - began, rows: batch.rows)
        case .failure(let error): .failed(ServingError(error, model: model))
        }
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}
