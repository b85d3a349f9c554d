import Formats
import Foundation
import Synchronization
import Tessera
import Testing
import Tracing

@testable import ServerTraces

/// A file of traces that goes with the object.
final class TracedFile: Sendable {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-traces-\(UUID().uuidString)").path
    let dropped = Mutex(0)
    let trouble = Mutex<[String]>([])

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func tracer(_ path: String? = nil, share: Double = 1) throws -> FileTracer {
        try FileTracer(
            path: path ?? self.path, share: share, version: "1.2.3", dropped: { [self] in note($0) }, trouble: { [self] in note($0) })
    }

    private func note(_ count: Int) { dropped.withLock { $0 += count } }
    private func note(_ text: String) { trouble.withLock { $0.append(text) } }

    /// The lines so far, each of which must be JSON.
    func lines() throws -> [ConfigValue] {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(bytes.isEmpty || bytes.last == UInt8(ascii: "\n"))
        return try bytes.split(separator: UInt8(ascii: "\n")).map { line in
            try Array(line).withUnsafeBytes { try ConfigValue(json: $0, file: "line") }
        }
    }

    /// The spans of all lines.
    func spans() throws -> [ConfigValue] {
        try lines().flatMap { $0["resourceSpans"]?.array ?? [] }.flatMap { $0["scopeSpans"]?.array ?? [] }
            .flatMap { $0["spans"]?.array ?? [] }
    }
}

extension ConfigValue {
    subscript(key: String) -> ConfigValue? { dictionary?[key] }

    /// The value of an attribute of a span or resource.
    func attribute(_ name: String) -> ConfigValue? {
        self["attributes"]?.array?.first { $0["key"]?.string == name }?["value"]
    }
}

/// Headers of a request.
struct Carrier: Extractor, Injector {
    func extract(key: String, from headers: [String: String]) -> String? { headers[key] }
    func inject(_ value: String, forKey key: String, into headers: inout [String: String]) { headers[key] = value }
}

extension FileTracer {
    func span(_ name: String, below context: InstrumentationContext = .topLevel, _ kind: SpanKind = .internal) -> TraceSpan {
        startSpan(
            name, context: context, ofKind: kind, at: DefaultTracerClock.now, function: #function, file: #fileID, line: #line)
    }

    /// What these headers tell.
    func context(_ headers: [String: String]) -> InstrumentationContext {
        var context = InstrumentationContext.topLevel
        extract(headers, into: &context, using: Carrier())
        return context
    }
}
