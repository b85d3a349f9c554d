import Glibc
import IR
import Runtime
import Synchronization

/// The parts of a job with their times, as they went on.
package final class Timeline: TimeSpanListener {
    /// One part.
    package struct Entry: Sendable {
        package let span: TimeSpan
        /// Index of the part that it lies in; -1 for the job.
        package let parent: Int
        /// Nanoseconds since the job began.
        package let start: UInt64
        package fileprivate(set) var end: UInt64
        /// Made in it and in the parts within it.
        package fileprivate(set) var tokens: Int
    }

    private struct State {
        var entries: [Entry]
        /// What each thread has begun and not ended, innermost last.
        var open: [UInt: [Int]] = [:]
        /// Parts begun beyond ``Timeline/most``, by thread, which must end before those that are kept.
        var beyond: [UInt: Int] = [:]
    }

    private let state: Mutex<State>
    private let clockStart = ContinuousClock.now
    /// More parts than this are not kept; their time is that of the part around them.
    private let most: Int

    /// The job begins.
    /// - Parameter name: of the job, for instance that of the bundle.
    package init(_ name: String, most: Int = 1_000_000) {
        self.most = most
        state = Mutex(State(entries: [Entry(span: TimeSpan(.job, name), parent: -1, start: 0, end: 0, tokens: 0)]))
    }

    /// `body` as the job; it ends with it.
    package func record<Result>(_ body: () throws -> Result) rethrows -> Result {
        defer { finish() }
        return try TimeSpan.$listener.withValue(self, operation: body)
    }

    private func finish() {
        let now = now
        state.withLock { state in
            state.entries[0].end = now
            for index in state.open.values.joined() { state.entries[index].end = now }
            state.open = [:]
        }
    }

    private var now: UInt64 { (ContinuousClock.now - clockStart).nanoseconds }
    private var thread: UInt { UInt(pthread_self()) }

    package func begin(_ span: TimeSpan) {
        let (now, thread) = (now, thread)
        state.withLock { state in
            guard state.entries.count < most, state.beyond[thread] == nil else {
                state.beyond[thread, default: 0] += 1
                return
            }
            state.entries.append(Entry(span: span, parent: state.open[thread]?.last ?? 0, start: now, end: now, tokens: 0))
            state.open[thread, default: []].append(state.entries.count - 1)
        }
    }

    package func end() {
        let (now, thread) = (now, thread)
        state.withLock { state in
            if let beyond = state.beyond[thread] {
                state.beyond[thread] = beyond > 1 ? beyond - 1 : nil
                return
            }
            guard let index = state.open[thread]?.popLast() else { return }
            state.entries[index].end = now
        }
    }

    package func count(_ tokens: Int) {
        let thread = thread
        state.withLock { state in
            for index in [0] + (state.open[thread] ?? []) {
                state.entries[index].tokens = saturatingAdd(state.entries[index].tokens, tokens)
            }
        }
    }

    /// The job first, parts in the order in which they began.
    package var entries: [Entry] { state.withLock { $0.entries } }
}

extension Timeline.Entry {
    /// In seconds.
    package var seconds: Double { Double(end - start) / 1e9 }
}
