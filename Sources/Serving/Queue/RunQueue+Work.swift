import Tessera

extension RunQueue {
    /// What a thread does: takes batches until the queue is closed and empty.
    func serve(_ runner: BatchRunner, _ number: Int) {
        while let batch = next() {
            hooks.willRun?(model, batch.calls.count)
            let began = ContinuousClock.now
            let results = compute(batch, runner)
            finish(batch, results, began: began, ended: .now)
            note(bytes: runner.workingBytes, number)
        }
        let enders = monitor.withLock {
            threads -= 1
            if threads > 0 { return [CheckedContinuation<Void, Never>]() }
            watch?.task.cancel()
            defer { self.enders = [] }
            return self.enders
        }
        for ender in enders { ender.resume() }
    }

    /// The next calls to compute, as long as it may take; nil when there will be none.
    private func next() -> Batch? {
        monitor.withLock {
            while true {
                guard let first = waiting.first else {
                    if isClosed { return nil }
                    idle += 1
                    monitor.wait()
                    idle -= 1
                    continue
                }
                let chosen = places(joining: first)
                if let time = patience(first, chosen) {
                    gathering += 1
                    monitor.wait(time)
                    gathering -= 1
                    continue
                }
                return take(chosen)
            }
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

    private func take(_ places: [Int]) -> Batch {
        let batch = Batch(places.map { waiting[$0] })
        for place in places.reversed() { waiting.remove(at: place) }
        for call in batch.calls { call.state = .running(batch) }
        running.append(batch)
        return batch
    }

    /// What each call of the batch gives.
    private func compute(_ batch: Batch, _ runner: BatchRunner) -> [BatchRunner.Result] {
        guard batch.calls.count > 1 else { return [runner.alone(batch.calls[0], batch.token)] }
        let joined = runner.joined(batch)
        guard settings.batching == .automatic || joined == nil else { return joined?.map { .success($0) } ?? [] }
        let key = BatchTrials.Key(batch)
        if let joined, monitor.withLock({ trials.passed.contains(key) }) { return joined.map { .success($0) } }
        // A fault may be that of one call alone; and rows that were never computed together in these sizes may have other bits alone.
        let alone = batch.calls.map { runner.alone($0, batch.token) }
        if let joined, !batch.token.isCancelled { judge(joined, alone, key) }
        return alone
    }

    private func judge(_ joined: [[String: Tensor]], _ alone: [BatchRunner.Result], _ key: BatchTrials.Key) {
        let isSame = zip(joined, alone).allSatisfy { (try? $1.get()) == $0 }
        monitor.withLock { isSame ? trials.pass(key) : trials.refuse(key) }
    }

    private func finish(
        _ batch: Batch, _ results: [BatchRunner.Result], began: ContinuousClock.Instant, ended: ContinuousClock.Instant
    ) {
        var answers: [(Call, CheckedContinuation<Call.Outcome, Never>, Call.Outcome)] = []
        monitor.withLock {
            running.removeAll { $0 === batch }
            times.add(ended - began, calls: batch.calls.count)
            for (call, result) in zip(batch.calls, results) {
                guard let waiter = call.waiter else { continue }
                (call.state, call.waiter) = (.done, nil)
                answers.append((call, waiter, outcome(call, result, batch, began, ended)))
            }
        }
        let calls = answers.map { _, _, outcome in
            if case .computed = outcome { return true }
            return false
        }
        statistics.note(
            rows: batch.rows, began: began, ended: ended, calls: zip(answers, calls).map { (arrival: $0.0.arrival, succeeded: $1) })
        for (_, waiter, outcome) in answers { waiter.resume(returning: outcome) }
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

    private func note(bytes: Int, _ number: Int) {
        let hasGrown = monitor.withLock {
            defer { workingBytes[number] = bytes }
            return workingBytes[number] < bytes
        }
        if hasGrown { didGrow() }
    }
}
