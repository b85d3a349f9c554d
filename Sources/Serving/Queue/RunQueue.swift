import Foundation
import Synchronization
import Tessera

/// The calls of one loaded model: a bounded queue, and threads that take calls from it, several as one run where they fit.
///
/// Tasks give their calls and sleep; nothing is computed on a thread of theirs.
final class RunQueue: @unchecked Sendable {
    let model: String
    let settings: ModelSettings
    let statistics: StatisticsCounter
    let hooks: ServingHooks
    /// Told when working memory has grown.
    let didGrow: @Sendable () -> Void
    let monitor = Monitor()
    /// Calls that came so far.
    let arrivals = Atomic<Int>(0)
    /// Whether threads look for calls for a moment before they sleep: where there are cores for that.
    let spins: Bool
    static let spin = Duration.microseconds(30)

    // Under the monitor's lock.
    var waiting: [Call] = []
    var running: [Batch] = []
    var isClosed = false
    /// Threads that wait for a call, and those that wait for more of a batch.
    var idle = 0
    var gathering = 0
    /// Threads that have not ended.
    var threads = 0
    var times = ServiceTimes()
    var trials = BatchTrials()
    var workingBytes: [Int]
    var watch: (deadline: ContinuousClock.Instant, task: Task<Void, Never>)?
    var enders: [CheckedContinuation<Void, Never>] = []

    /// Starts the threads; ``close()`` ends them.
    init(
        _ compiled: CompiledModel, _ settings: ModelSettings, _ statistics: StatisticsCounter, name: String, _ hooks: ServingHooks,
        didGrow: @escaping @Sendable () -> Void
    ) {
        (model, self.settings, self.statistics, self.hooks, self.didGrow) = (name, settings, statistics, hooks, didGrow)
        let sessions = max(settings.sessions, 1)
        workingBytes = [Int](repeating: 0, count: sessions)
        threads = sessions
        spins = ProcessInfo.processInfo.activeProcessorCount > sessions
        let share = settings.threads ?? RunQueue.threads(sessions: sessions, compiled.options.threads)
        for number in 0..<sessions {
            let thread = Thread {
                Thread.current.name = "tessera.run"
                let runner = BatchRunner(compiled.makeSession(threads: share), name, hooks)
                self.serve(runner, number)
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// An equal share of the granted cores; nil for all of them.
    private static func threads(sessions: Int, _ wanted: Int?) -> Int? {
        if sessions == 1 { return wanted }
        return max(1, (wanted ?? ProcessInfo.processInfo.activeProcessorCount) / sessions)
    }

    /// Waits its turn, and gives what became of the call. Cancelling the task takes the call from the queue, or stops its run.
    func run(_ call: Call) async -> Call.Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { submit(call, $0) }
        } onCancel: {
            self.give(up: call, .cancelled(model: model))
        }
    }

    private func submit(_ call: Call, _ waiter: CheckedContinuation<Call.Outcome, Never>) {
        let refusal: Call.Outcome? = monitor.withLock {
            // Cancelled before it came.
            if case .done = call.state { return .failed(.cancelled(model: model)) }
            if isClosed { return .moved }
            if let deadline = call.deadline, deadline <= .now { return .failed(.deadlineExceeded(model: model)) }
            if waiting.count >= settings.maxQueue + workingBytes.count - running.count {
                let time = times.estimate(waiting: waiting.count, sessions: workingBytes.count)
                return .failed(.queueFull(model: model, retryAfter: time))
            }
            (call.state, call.waiter) = (.waiting, waiter)
            waiting.append(call)
            arrivals.wrappingAdd(1, ordering: .relaxed)
            if gathering > 0 { monitor.broadcast() } else if idle > 0 { monitor.signal() }
            if let deadline = call.deadline { watch(deadline) }
            return nil
        }
        guard let refusal else { return }
        if case .failed(let error) = refusal { statistics.note(error) }
        waiter.resume(returning: refusal)
    }

    /// Answers `call` with `error` if it has no answer yet, and stops its run if nobody else waits for that.
    func give(up call: Call, _ error: ServingError) {
        let waiter = monitor.withLock { remove(call) }
        guard let waiter else { return }
        statistics.note(error)
        waiter.resume(returning: .failed(error))
    }

    /// Takes a call out of the queue or its run; nil where nobody waits for it any more, or not yet. Under the lock.
    func remove(_ call: Call) -> CheckedContinuation<Call.Outcome, Never>? {
        switch call.state {
        case .fresh, .done: break
        case .waiting: waiting.removeAll { $0 === call }
        case .running(let batch):
            batch.alive -= 1
            if batch.alive == 0 { batch.token.cancel() }
        }
        call.state = .done
        defer { call.waiter = nil }
        return call.waiter
    }

    /// Takes no more calls; the threads end when none waits.
    func close() {
        monitor.withLock {
            isClosed = true
            monitor.broadcast()
        }
    }

    /// Returns when the threads of a closed queue have ended.
    func ended() async {
        await withCheckedContinuation { ender in
            let isOver = monitor.withLock {
                if threads > 0 { enders.append(ender) }
                return threads == 0
            }
            if isOver { ender.resume() }
        }
    }

    /// Gives up whatever waits or runs.
    func giveUpAll(_ error: ServingError) {
        for call in monitor.withLock({ waiting + running.flatMap(\.calls) }) { give(up: call, error) }
    }

    /// Calls that wait, calls that run, and bytes of the sessions.
    var load: (waiting: Int, running: Int, bytes: Int) {
        monitor.withLock { (waiting.count, running.reduce(0) { $0 + $1.alive }, workingBytes.reduce(0, +)) }
    }
}
