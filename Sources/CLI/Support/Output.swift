import Files
import Foundation
import Glibc
import Inspect
import Synchronization

/// Standard output: what a command was asked for, and nothing else. Messages go to ``Terminal``.
enum Output {
    /// Takes the text of both streams instead of the process's own, for tests.
    final class Capture: Sendable {
        /// Columns of the terminal that it stands for; nil where it stands for a file.
        let width: Int?

        init(width: Int? = nil) { self.width = width }

        private let texts = Mutex<(output: String, messages: String)>(("", ""))
        /// Of what is captured, as ``Terminal/isQuiet`` of the process.
        let quiet = Mutex(false)

        var output: String { texts.withLock { $0.output } }
        var messages: String { texts.withLock { $0.messages } }

        func appendOutput(_ text: String) { texts.withLock { $0.output += text } }
        func appendMessages(_ text: String) { texts.withLock { $0.messages += text } }
    }

    @TaskLocal static var capture: Capture?

    /// Why standard output took no more, if so. Nothing is written after that.
    private static let broken = Mutex<Int32?>(nil)

    /// Writes `text` as it is. That it could not be written is said at the end, by ``check()``.
    static func write(_ text: String) {
        if let capture { return capture.appendOutput(text) }
        broken.withLock { broken in
            guard broken == nil else { return }
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EPIPE {
                    // As with `| head`: nobody wants the rest.
                    Interruption.end(brokenPipe)
                } else if errno != EINTR {
                    broken = errno
                    return
                }
            }
        }
    }

    /// - Throws: `OutputError` if something written to standard output is lost.
    static func check() throws {
        if let broken = broken.withLock({ $0 }) {
            throw OutputError(title, "cannot be written: \(String(cString: strerror(broken)))")
        }
    }

    private static let title = "standard output"

    /// Whether an error's path means standard output.
    static func isStandard(_ path: String) -> Bool {
        [title, "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(path)
    }

    /// Exit code where the reader of standard output has gone: what a shell says of a process that SIGPIPE ended.
    static let brokenPipe = 128 + SIGPIPE

    /// Whether standard output is a pipe that nobody reads any more.
    static var readerIsGone: Bool {
        var request = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        return poll(&request, 1, 0) > 0 && Int32(request.revents) & POLLERR != 0
    }

    static func line(_ text: String = "") { write(text + "\n") }

    /// Writes `value` as indented JSON with sorted keys and a final newline.
    static func writeJSON(_ value: some Encodable) throws { line(try IndentedJSON.text(value)) }

    /// Writes `rows` in aligned columns under `header`, which fit the terminal; see ``Table``.
    static func table(_ header: [String] = [], _ rows: [[String]], indent: String = "", right: Set<Int> = []) {
        write(Table(header, rows, indent: indent, right: right, width: Terminal.outputWidth).text)
    }

    /// Writes `text` with lines broken that are longer than the terminal is wide.
    static func fitted(_ text: String) { write(TextBlock.fitted(text, width: Terminal.outputWidth)) }
}
