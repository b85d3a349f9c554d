import Dispatch
import Foundation
import Synchronization
import Tessera

/// Writes spans on a thread of its own. Whoever ends a span never waits: what does not fit the queue is lost and counted.
final class TraceOutput: Sendable {
    private struct State {
        var spans: [EndedSpan] = []
        var isScheduled = false
    }

    /// What only the queue touches.
    private final class Writer: @unchecked Sendable {
        let file: TraceFile
        var isInTrouble = false

        init(_ file: TraceFile) { self.file = file }
    }

    /// Most spans that wait.
    static let most = 8192
    /// Most spans of a line.
    private static let perLine = 256
    /// How long a span waits for others of its line.
    private static let delay = DispatchTimeInterval.milliseconds(200)

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "tessera.traces")
    private let writer: Writer
    private let encoder: OTLPEncoder
    private let dropped: @Sendable (Int) -> Void
    private let trouble: @Sendable (String) -> Void

    init(_ file: TraceFile, version: String, dropped: @escaping @Sendable (Int) -> Void, trouble: @escaping @Sendable (String) -> Void) {
        (writer, encoder, self.dropped, self.trouble) = (Writer(file), OTLPEncoder(version: version), dropped, trouble)
    }

    func add(_ span: EndedSpan) {
        let (isFull, isFirst) = state.withLock { state in
            if state.spans.count >= TraceOutput.most { return (true, false) }
            state.spans.append(span)
            defer { state.isScheduled = true }
            return (false, !state.isScheduled)
        }
        if isFull { dropped(1) }
        if isFirst { queue.asyncAfter(deadline: .now() + TraceOutput.delay) { self.write() } }
    }

    /// Opens the file anew before the next line.
    func reopen() {
        queue.async {
            do throws(TesseraError) { try self.writer.file.reopen() } catch {
                self.trouble("traces go on in the old file: \(error.message)")
            }
        }
    }

    /// Writes all that has ended so far; gives up after two seconds.
    func flush() {
        let done = DispatchSemaphore(value: 0)
        queue.async {
            self.write()
            done.signal()
        }
        _ = done.wait(timeout: .now() + 2)
    }

    /// On the queue.
    private func write() {
        var rest = state.withLock { state in
            defer { (state.spans, state.isScheduled) = ([], false) }
            return state.spans[...]
        }
        while !rest.isEmpty {
            let spans = rest.prefix(TraceOutput.perLine)
            rest = rest.dropFirst(spans.count)
            let problem = writer.file.append(encoder.line(spans))
            if let problem {
                dropped(spans.count)
                if !writer.isInTrouble { trouble("spans are lost: \(problem)") }
            }
            writer.isInTrouble = problem != nil
        }
    }
}
