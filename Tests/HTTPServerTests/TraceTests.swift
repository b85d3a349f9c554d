import Formats
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import ServerTraces
import Testing
import Tracing

@testable import HTTPServer

@Suite struct TraceTests {
    private static let call = "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 2], \"data\": [1.5, 2]}]}"
    private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    /// Names of the spans that the calls of `body` leave, and of each its attributes as text.
    private func spans(
        tokens: [String] = [], _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws -> [String: String] {
        let folder = try ServedFolder()
        let path = folder.path + "/traces.jsonl"
        let tracer = try FileTracer(path: path)
        var options = HTTPOptions()
        (options.isTraced, options.tokens) = (true, tokens)
        let service = HTTPService(repository: await folder.repository(), options: options)
        try await withTracer(tracer) { () async throws in try await service.application().test(.router, body) }
        tracer.forceFlush()
        var found: [String: String] = [:]
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let request = try Array(line.utf8).withUnsafeBytes { try ConfigValue(json: $0, file: "line") }
            let scope = request.dictionary?["resourceSpans"]?.array?.first?.dictionary?["scopeSpans"]?.array?.first
            for span in scope?.dictionary?["spans"]?.array ?? [] {
                found[span.dictionary?["name"]?.string ?? ""] = span.description
            }
        }
        withExtendedLifetime(folder) {}
        return found
    }

    @Test func requestsHaveSpansOfTheirWaitAndRun() async throws {
        let (header, answer) = (try #require(HTTPField.Name("traceparent")), try #require(HTTPField.Name("traceresponse")))
        let spans = try await spans { client in
            try await client.execute(
                uri: "/v2/models/double/infer", method: .post, headers: [header: TraceTests.parent], body: TraceTests.call.body
            ) { response in
                #expect(response.headers[answer]?.hasPrefix("00-4bf92f3577b34da6a3ce929d0e0e4736-") == true)
            }
        }
        #expect(spans.count == 3, "\(spans.keys)")
        for name in ["tessera.queue", "tessera.compute"] { #expect(spans[name]?.contains("tessera.batch.rows") == true) }
        let request = try #require(spans.first { $0.key.hasPrefix("POST /v2/models/") }).value
        for part in ["http.route", "http.response.status_code", "url.path", "tessera.request.id", "00f067aa0ba902b7"] {
            #expect(request.contains(part), "\(part): \(request)")
        }
        #expect(!request.contains("error.type"))
    }

    /// Also of requests that are refused, or of no route; no token is in them.
    @Test func whatFailsIsTracedToo() async throws {
        let spans = try await spans(tokens: ["hidden-token"]) { client in
            try await client.execute(uri: "/v2", method: .get) { #expect($0.status == .unauthorized) }
            try await client.execute(uri: "/v2/nowhere", method: .get, headers: [.authorization: "Bearer hidden-token"]) {
                #expect($0.status == .notFound)
            }
            let odd = try #require(HTTPRequest.Method("BREW"))
            try await client.execute(uri: "/v2/nowhere", method: odd, headers: [.authorization: "Bearer hidden-token"]) {
                #expect($0.status == .notFound)
            }
        }
        #expect(spans["GET"]?.contains("404") == true && spans["HTTP"]?.contains("_OTHER") == true, "\(spans)")
        #expect(!spans.values.contains { $0.contains("hidden-token") })
    }

    @Test func theSettingSaysThatTracesAreRecorded() async throws {
        _ = try await spans { client in
            try await client.execute(uri: "/v2/trace/setting", method: .get) {
                #expect(String(buffer: $0.body) == "{\"trace_level\":[\"TIMESTAMPS\"]}")
            }
            try await client.execute(uri: "/v2/trace/setting", method: .post, body: "{\"trace_level\": \"TIMESTAMPS\"}".body) {
                #expect($0.status == .ok)
            }
            try await client.execute(uri: "/v2/trace/setting", method: .post, body: "{\"trace_level\": [\"OFF\"]}".body) {
                #expect($0.status == .notImplemented)
            }
        }
    }
}
