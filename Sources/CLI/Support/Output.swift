import Foundation
import Inspect
import Synchronization

/// Standard output: what a command was asked for, and nothing else. Messages go to ``Terminal``.
enum Output {
    /// Takes the text of both streams instead of the process's own, for tests.
    final class Capture: Sendable {
        private let texts = Mutex<(output: String, messages: String)>(("", ""))

        var output: String { texts.withLock { $0.output } }
        var messages: String { texts.withLock { $0.messages } }

        func appendOutput(_ text: String) { texts.withLock { $0.output += text } }
        func appendMessages(_ text: String) { texts.withLock { $0.messages += text } }
    }

    @TaskLocal static var capture: Capture?

    /// Writes `text` as it is.
    static func write(_ text: String) {
        if let capture { return capture.appendOutput(text) }
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }

    static func line(_ text: String = "") { write(text + "\n") }

    /// Writes `value` as indented JSON with sorted keys and a final newline.
    static func writeJSON(_ value: some Encodable) throws { line(try IndentedJSON.text(value)) }

    /// Writes `rows` in aligned columns under `header`; see ``Table``.
    static func table(_ header: [String] = [], _ rows: [[String]], indent: String = "", right: Set<Int> = []) {
        write(Table(header, rows, indent: indent, right: right).text)
    }
}
