import Foundation
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
    static func writeJSON(_ value: some Encodable) throws { line(try json(value)) }

    /// `value` as indented JSON with sorted keys. Infinite and undefined numbers become the strings `inf`, `-inf`, `nan`.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Writes `rows` in aligned columns under `header`; see ``Table``.
    static func table(_ header: [String] = [], _ rows: [[String]], indent: String = "", right: Set<Int> = []) {
        write(Table(header, rows, indent: indent, right: right).text)
    }
}

/// Rows of text in aligned columns, two blanks apart.
struct Table {
    let text: String

    /// `right` holds the indices of right-aligned columns. Rows may be of different lengths.
    init(_ header: [String] = [], _ rows: [[String]], indent: String = "", right: Set<Int> = []) {
        let all = (header.isEmpty ? [] : [header]) + rows
        var widths = [Int](repeating: 0, count: all.map(\.count).max() ?? 0)
        for row in all { for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) } }
        let lines = all.map { row -> String in
            let cells = row.enumerated().map { column, cell -> String in
                let fill = String(repeating: " ", count: widths[column] - cell.count)
                if right.contains(column) { return fill + cell }
                return column == row.count - 1 ? cell : cell + fill
            }
            return indent + cells.joined(separator: "  ")
        }
        text = lines.map { $0 + "\n" }.joined()
    }
}
