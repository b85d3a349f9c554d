import Foundation
import GRPCCore
import ServerTraces
import Synchronization
import Testing
import Tracing

@testable import InferenceRPC

@Suite struct TraceTests {
    private struct Nowhere: RPCWriterProtocol {
        func write(_ element: Int) async throws {}
        func write(contentsOf elements: some Sequence<Int>) async throws {}
    }

    /// Text of the spans that a call leaves, and the metadata that its client gets.
    private func traced(_ answer: @escaping @Sendable () async throws -> Void) async throws -> (text: String, metadata: Metadata) {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-rpc-\(UUID().uuidString).jsonl").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (tracer, server) = (try FileTracer(path: path), try await TestServer())
        let context = server.context
        let metadata: Metadata = ["traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]
        let got = try await withTracer(tracer) { () async throws -> Metadata in
            let request = StreamingServerRequest(single: ServerRequest(metadata: metadata, message: 1))
            let response: StreamingServerResponse<Int> = try await TraceInterceptor().intercept(request: request, context: context) {
                _, _ in
                StreamingServerResponse { _ in
                    try await answer()
                    return [:]
                }
            }
            let contents = try response.accepted.get()
            _ = try? await contents.producer(RPCWriter(wrapping: Nowhere()))
            return contents.metadata
        }
        tracer.forceFlush()
        return (try String(contentsOfFile: path, encoding: .utf8), got)
    }

    @Test func callsHaveSpansOfTheirWaitAndRun() async throws {
        let server = try await TestServer()
        let (text, metadata) = try await traced { _ = try await server.infer(.rows) }
        for part in [
            "\"name\":\"inference.GRPCInferenceService/ModelInfer\"", "\"name\":\"tessera.queue\"", "\"name\":\"tessera.compute\"",
            "\"parentSpanId\":\"00f067aa0ba902b7\"", "\"kind\":2", "{\"stringValue\":\"OK\"}", "{\"stringValue\":\"grpc\"}",
            "{\"key\":\"network.peer.address\",\"value\":{\"stringValue\":\"127.0.0.1\"}}",
        ] {
            #expect(text.contains(part), "\(part): \(text)")
        }
        let answer = metadata[stringValues: "traceresponse"].first { _ in true }
        #expect(answer?.hasPrefix("00-4bf92f3577b34da6a3ce929d0e0e4736-") == true && answer?.contains("00f067aa0ba902b7") == false)
    }

    @Test func failuresHaveTheirStatus() async throws {
        let (text, _) = try await traced { throw RPCError(code: .unavailable, message: "later") }
        #expect(text.contains("{\"stringValue\":\"UNAVAILABLE\"}") && text.contains("error.type") && text.contains("\"code\":2"), "\(text)")
        // What the client did wrong is no fault of the server's.
        let (other, _) = try await traced { throw RPCError(code: .invalidArgument, message: "no") }
        #expect(other.contains("{\"stringValue\":\"INVALID_ARGUMENT\"}") && !other.contains("error.type"), "\(other)")
    }
}
