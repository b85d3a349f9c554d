import GRPCCore
import Tracing

/// A span for each call, below that of the client if it sends `traceparent`; `traceresponse` tells the client which. Names of attributes are
/// OpenTelemetry's.
struct TraceInterceptor: ServerInterceptor {
    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        var trace = InstrumentationContext.current ?? .topLevel
        let instrument = InstrumentationSystem.instrument
        instrument.extract(request.metadata, into: &trace, using: MetadataExtractor())
        let span = startSpan(context.descriptor.fullyQualifiedMethod, context: trace, ofKind: .server)
        if span.isRecording { span.attributes = TraceInterceptor.attributes(context) }
        do {
            var response = try await InstrumentationContext.$current.withValue(span.context) { try await next(request, context) }
            guard case .success(var contents) = response.accepted else {
                if case .failure(let error) = response.accepted { TraceInterceptor.end(span, error) }
                return response
            }
            let producer = contents.producer
            contents.producer = { writer in
                do {
                    let trailers = try await InstrumentationContext.$current.withValue(span.context) { try await producer(writer) }
                    TraceInterceptor.end(span, nil)
                    return trailers
                } catch {
                    TraceInterceptor.end(span, error)
                    throw error
                }
            }
            instrument.inject(span.context, into: &contents.metadata, using: MetadataInjector())
            response.accepted = .success(contents)
            return response
        } catch {
            TraceInterceptor.end(span, error)
            throw error
        }
    }

    private static func attributes(_ context: ServerContext) -> SpanAttributes {
        var made: SpanAttributes = ["rpc.system.name": "grpc", "rpc.method": .string(context.descriptor.fullyQualifiedMethod)]
        // `ipv4:127.0.0.1:31415`, `ipv6:[::1]:443`.
        let parts = context.remotePeer.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0].hasPrefix("ip"), let colon = parts[1].lastIndex(of: ":") else { return made }
        let host = String(parts[1][..<colon].filter { $0 != "[" && $0 != "]" })
        (made["client.address"], made["network.peer.address"]) = (host, host)
        made["network.peer.port"] = Int64(parts[1][parts[1].index(after: colon)...])
        return made
    }

    private static func end(_ span: any Span, _ error: (any Error)?) {
        defer { span.end() }
        guard span.isRecording else { return }
        let code = error.map { ($0 as? any RPCErrorConvertible)?.rpcErrorCode ?? .unknown }
        let name = code.map { StatusNames.name($0) } ?? "OK"
        span.attributes["rpc.response.status_code"] = name
        if let code, StatusNames.areServers.contains(code) {
            span.attributes["error.type"] = name
            span.setStatus(SpanStatus(code: .error))
        }
    }
}

/// Status codes as traces name them.
private enum StatusNames {
    /// Those that are the server's fault, whatever the client sent.
    static let areServers: Set<RPCError.Code> = [.unknown, .deadlineExceeded, .unimplemented, .internalError, .unavailable, .dataLoss]

    private static let names = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED",
    ]

    static func name(_ code: RPCError.Code) -> String { names.indices.contains(code.rawValue) ? names[code.rawValue] : "\(code.rawValue)" }
}

private struct MetadataExtractor: Extractor {
    func extract(key: String, from metadata: Metadata) -> String? { metadata[stringValues: key].first { _ in true } }
}

/// Tells the client the span that answered it.
private struct MetadataInjector: Injector {
    func inject(_ value: String, forKey key: String, into metadata: inout Metadata) {
        if key == "traceparent" { metadata.replaceOrAddString(value, forKey: "traceresponse") }
    }
}
