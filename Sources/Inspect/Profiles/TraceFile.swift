import Files
import Foundation

/// What happened when, in the form that Perfetto (ui.perfetto.dev) and chrome://tracing read: complete events on tracks.
///
/// Source: "Trace Event Format", the JSON object format with phases X and M.
package struct TraceFile {
    /// What an event says of itself.
    package enum Argument: Encodable, Sendable {
        case text(String)
        case number(Double)
        case whole(Int)

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            // JSON has no others.
            case .number(let value): try container.encode(value.isFinite ? value : 0)
            case .whole(let value): try container.encode(value)
            }
        }
    }

    private struct Event: Encodable {
        let name: String
        let cat: String?
        /// `X` for what has a duration, `M` for names of processes and tracks.
        let ph: String
        let pid: Int
        let tid: Int
        /// Microseconds.
        let ts, dur: Double?
        let args: [String: Argument]
    }

    private var events: [Event] = []
    private static let process = 1

    /// - Parameter process: what all is part of, for instance the model.
    package init(_ process: String) {
        events.append(TraceFile.name("process_name", process, track: 0))
    }

    private static func name(_ what: String, _ text: String, track: Int) -> Event {
        Event(name: what, cat: nil, ph: "M", pid: process, tid: track, ts: nil, dur: nil, args: ["name": .text(text)])
    }

    /// Names a track; the numbers are from 1 on and decide the order.
    package mutating func addTrack(_ track: Int, _ name: String) {
        events.append(TraceFile.name("thread_name", name, track: track))
        events.append(
            Event(
                name: "thread_sort_index", cat: nil, ph: "M", pid: TraceFile.process, tid: track, ts: nil, dur: nil,
                args: ["sort_index": .whole(track)]))
    }

    /// Adds an event; those of one track lie within each other or apart.
    /// - Parameters:
    ///   - start: nanoseconds since the first.
    ///   - length: nanoseconds.
    package mutating func add(
        _ name: String, _ category: String, track: Int, start: UInt64, length: UInt64, _ arguments: [String: Argument] = [:]
    ) {
        events.append(
            Event(
                name: name, cat: category, ph: "X", pid: TraceFile.process, tid: track, ts: Double(start) / 1e3, dur: Double(length) / 1e3,
                args: arguments))
    }

    /// The file's text, an event a line.
    /// - Parameter summary: what viewers leave alone and programs may read, as `tessera`.
    package func text(_ summary: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func json(_ value: some Encodable) throws -> String { String(decoding: try encoder.encode(value), as: UTF8.self) }
        let lines = try events.map { try json($0) }.joined(separator: ",\n")
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return "{\"displayTimeUnit\":\"ms\",\"tessera\":\(try json(summary)),\"traceEvents\":[\n\(lines)\n]}\n"
    }

    /// Writes ``text(_:)`` to `path`, whole or not at all.
    /// - Throws: `OutputError`.
    package func write(_ summary: some Encodable, to path: String) throws { try OutputFile.write(text(summary), to: path) }
}

extension TraceFile {
    /// The parts of a job on one track, in each other.
    package init(_ timeline: Timeline) {
        let entries = timeline.entries
        self.init("tessera \(entries.first?.span.name ?? "")")
        addTrack(1, "job")
        for entry in entries {
            let span = entry.span
            let arguments: [String: Argument] = entry.tokens > 0 ? ["tokens": .whole(entry.tokens)] : [:]
            let title = span.name.isEmpty ? span.kind.rawValue : "\(span.kind.rawValue) \(span.name)"
            add(title, span.kind.rawValue, track: 1, start: entry.start, length: entry.end - entry.start, arguments)
        }
    }
}
