import Foundation
import Tessera

/// The calls of one loaded model: a bounded queue, and threads that take calls from it, several as one run where they fit.
///
/// Tasks give their calls and sleep. What takes less than a millisecond, and need not wait, is computed on the caller's thread: to wake another
/// and be woken by it takes longer than many small models.
final class RunQueue: @unchecked Sendable {
    let model: String
    let settings: ModelSettings
    let statistics: StatisticsCounter
    let hooks: ServingHooks
    /// Told when working memory has grown.
    let didGrow: @Sendable () -> Void
    let monitor = Monitor()
    /// Whether callers' threads may compute: not where somebody holds or watches the work, and no batch is waited for.
    private let lendsThreads: Bool

    // Under the monitor's lock.
    var waiting: [Call] = []
    var running: [Batch] = []
    /// Sessions that compute nothing.
    var spare: [BatchRunner] = []
    var isClosed = false
    /// Threads that wait for a call, and those that wait for more of a batch.
    var idle = 0
    var gathering = 0
    /// Threads that have not ended.
    var threads = 0
    var times = ServiceTimes()
    var shortCalls = ShortCalls()
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
        lendsThreads = hooks.willRun == nil && hooks.didStep == nil && settings.maxDelay == .zero
        let share = settings.threads ?? RunQueue.threads(sessions: sessions, compiled.options.threads)
        for number in 0..<sessions {
            let thread = Thread {
                Thread.current.name = "tessera.run"
                let runner = BatchRunner(compiled.makeSession(threads: share), number, name, hooks)
                self.monitor.withLock { self.spare.append(runner) }
                self.serve()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// An equal share of the granted cores; nil for all of them.
    private static func threads(sessions: Int, _ wanted: Int?) -> Int? {
        if sessions == 1 { return wanted }
        return max(1, (wanted ?? Session.grantedThreads) / sessions)
    }

    /// Waits its turn, and gives what became of the call. Cancelling the task takes the call from the queue, or stops its run.
    func run(_ call: Call) async -> Call.Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { submit(call, $0) }
        } onCancel: {
            self.give(up: call, .cancelled(model: model))
        }
    }

    /// What becomes of a call that comes.
    private enum Admission {
        case refused(Call.Outcome)
        case waits
        case begins(Batch, BatchRunner)
    }

    private func submit(_ call: Call, _ waiter: CheckedContinuation<Call.Outcome, Never>) {
        switch monitor.withLock({ admit(call, waiter) }) {
        case .waits: break
        case .begins(let batch, let runner): perform(batch, runner)
        case .refused(let outcome):
            if case .failed(let error) = outcome { statistics.note(error) }
            waiter.resume(returning: outcome)
        }
    }

    /// Under the lock.
    private func admit(_ call: Call, _ waiter: CheckedContinuation<Call.Outcome, Never>) -> Admission {
        // Cancelled before it came.
        if case .done = call.state { return .refused(.failed(.cancelled(model: model))) }
        if isClosed { return .refused(.moved) }
        if let deadline = call.deadline, deadline <= .now { return .refused(.failed(.deadlineExceeded(model: model))) }
        if waiting.count >= settings.maxQueue + workingBytes.count - running.count {
            let time = times.estimate(waiting: waiting.count, sessions: workingBytes.count)
            return .refused(.failed(.queueFull(model: model, retryAfter: time)))
        }
        (call.state, call.waiter) = (.waiting, waiter)
        waiting.append(call)
        if let deadline = call.deadline { watch(deadline) }
        if lendsThreads, waiting.count == 1, shortCalls.has(call), let runner = spare.popLast() {
            return .begins(take([0], runner.freshToken()), runner)
        }
        if gathering > 0 { monitor.broadcast() } else if idle > 0 { monitor.signal() }
        return .waits
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

    /// Returns when a closed queue computes nothing any more and its threads have ended.
    func ended() async {
        await withCheckedContinuation { ender in
            let hasEnded = monitor.withLock {
                if !isOver { enders.append(ender) }
                return isOver
            }
            if hasEnded { ender.resume() }
        }
    }

    /// Whether nothing computes, nor will. Under the lock.
    private var isOver: Bool { threads == 0 && running.isEmpty }

    /// Those that wait for the end, if it has come. Under the lock.
    func takeEnders() -> [CheckedContinuation<Void, Never>] {
        guard isOver else { return [] }
        defer { enders = [] }
        return enders
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
