import Hub
import IR
import Inspect
import Synchronization

/// A progress bar with bytes and rate for one repository; its events come from the network's thread.
final class PullProgress: Sendable {
    private struct State {
        var bar: Bar
        var total = 0
        /// The reason of the pause that is being counted down.
        var pausedFor: String?
        /// Bytes when the network began to add some: what an earlier run left counts for the bar and not for the rate.
        var start: (bytes: Int, at: ContinuousClock.Instant)?
    }

    /// A bar is used under the lock only.
    private final class Bar: @unchecked Sendable {
        let bar: ProgressBar

        init(_ title: String) { bar = ProgressBar(title) }
    }

    private let name: RepositoryName
    private let isVerbose: Bool
    /// Of the task that made it: the network's thread has none.
    private let capture = Output.capture
    private let state: Mutex<State>

    init(_ name: RepositoryName, isVerbose: Bool) {
        (self.name, self.isVerbose) = (name, isVerbose)
        state = Mutex(State(bar: Bar(name.name)))
    }

    func show(_ event: Pull.Event) {
        switch event {
        case .started(let commit, let files, let bytes):
            state.withLock { $0.total = bytes }
            if isVerbose { Terminal.note("\(name): commit \(commit), \(files) files to fetch, \(Human.bytes(bytes))") }
        case .progress(let file, let bytes):
            Output.$capture.withValue(capture) { state.withLock { update(&$0, file, bytes) } }
        case .waiting(let file): Terminal.note("\(name.id): another process fetches \(file); waiting for it")
        case .retrying(let file, let offset, let reason):
            Terminal.warn("\(reason); \(file) goes on from \(Human.bytes(offset))")
        case .paused(let reason, let seconds): Output.$capture.withValue(capture) { state.withLock { pause(&$0, reason, seconds) } }
        case .unverified(let file):
            Terminal.warn("\(name.id): \(file) could not be verified: its etag is neither a SHA-256 nor a git checksum")
        }
    }

    func finish() { state.withLock { $0.bar.bar.finish() } }

    /// Counts down on a terminal; elsewhere one line for each pause.
    private func pause(_ state: inout State, _ reason: String, _ seconds: Int) {
        if state.pausedFor != reason { Terminal.warn(reason) }
        let left = "waiting, \(PauseText.of(Int64(seconds))) left; Ctrl-C stops"
        if Terminal.isInteractive && Output.capture == nil {
            Terminal.redraw(seconds > 1 ? left : nil)
        } else if state.pausedFor != reason {
            Terminal.note(left)
        }
        state.pausedFor = seconds > 1 ? reason : nil
    }

    private func update(_ state: inout State, _ file: String, _ bytes: Int) {
        guard state.total > 0 else { return }
        let now = ContinuousClock.now
        guard let start = state.start, bytes >= start.bytes else {
            state.start = (bytes, now)
            state.bar.bar.base = min(Double(bytes) / Double(state.total), 0.99)
            return
        }
        let seconds = (now - start.at).seconds
        let rate = seconds > 0.5 ? ", \(Human.bytes(Int(Double(bytes - start.bytes) / seconds)))/s" : ""
        let detail = "\(file): \(Human.bytes(bytes)) of \(Human.bytes(state.total))\(rate)"
        state.bar.bar.update(Double(bytes) / Double(state.total), detail: detail)
    }
}
