import HTTPTypes
import Hummingbird
import NIOCore
import Tracing

/// A span for each request, below that of the client if it sends `traceparent`; `traceresponse` tells the client which. Names of attributes are
/// OpenTelemetry's.
struct TraceMiddleware: RouterMiddleware {
    let isEncrypted: Bool

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        var trace = InstrumentationContext.current ?? .topLevel
        let instrument = InstrumentationSystem.instrument
        instrument.extract(request.headers, into: &trace, using: HeaderExtractor())
        let method = TraceMiddleware.known.contains(request.method) ? request.method.rawValue : "HTTP"
        let span = startSpan(method, context: trace, ofKind: .server)
        let open = OpenSpan(span)
        if span.isRecording { span.attributes = attributes(request, context) }
        var response = try await InstrumentationContext.$current.withValue(span.context) { try await next(request, context) }
        instrument.inject(span.context, into: &response.headers, using: HeaderInjector())
        guard span.isRecording else { return response }
        describe(span, method, context.route, response)
        // The span ends when the answer is written, or thrown away.
        let body = response.body
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            try await body.write(writer)
            withExtendedLifetime(open) {}
        }
        return response
    }

    /// Methods that have a name in attributes; clients could make up any number.
    private static let known: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .delete, .connect, .options, .trace, .patch]

    private func attributes(_ request: Request, _ context: ServerContext) -> SpanAttributes {
        var made: SpanAttributes = ["url.path": .string(request.uri.path), "url.scheme": isEncrypted ? "https" : "http"]
        if TraceMiddleware.known.contains(request.method) {
            made["http.request.method"] = request.method.rawValue
        } else {
            (made["http.request.method"], made["http.request.method_original"]) = ("_OTHER", request.method.rawValue)
        }
        made["url.query"] = request.uri.query
        (made["server.address"], made["server.port"]) = TraceMiddleware.parts(request.head.authority)
        made["user_agent.original"] = request.headers[.userAgent]
        made["http.request.body.size"] = request.headers[.contentLength].flatMap { Int64($0) }
        if let address = context.channel.remoteAddress, let host = address.ipAddress {
            (made["client.address"], made["network.peer.address"], made["network.peer.port"]) = (host, host, address.port.map { Int64($0) })
        }
        return made
    }

    /// Name and port of `localhost:8080` and `[::1]:8080`.
    private static func parts(_ authority: String?) -> (host: String?, port: Int64?) {
        guard let authority, let colon = authority.lastIndex(of: ":"), let port = Int64(authority[authority.index(after: colon)...]) else {
            return (authority, nil)
        }
        return (String(authority[..<colon]), port)
    }

    private func describe(_ span: any Span, _ method: String, _ route: String?, _ response: Response) {
        let status = response.status.code
        span.operationName = route.map { "\(method) \($0)" } ?? method
        span.updateAttributes { attributes in
            attributes["http.route"] = route
            attributes["http.response.status_code"] = Int64(status)
            attributes["http.response.body.size"] = response.body.contentLength.map { Int64($0) }
            attributes["tessera.request.id"] = HTTPField.Name("X-Request-Id").flatMap { response.headers[$0] }
            if status >= 500 { attributes["error.type"] = "\(status)" }
        }
        if status >= 500 { span.setStatus(SpanStatus(code: .error)) }
    }
}

/// Ends its span when nobody holds it any more.
private final class OpenSpan: Sendable {
    private let span: any Span

    init(_ span: any Span) { self.span = span }

    deinit { span.end() }
}

private struct HeaderExtractor: Extractor {
    func extract(key: String, from headers: HTTPFields) -> String? { HTTPField.Name(key).flatMap { headers[$0] } }
}

/// Tells the client the span that answered it.
private struct HeaderInjector: Injector {
    func inject(_ value: String, forKey key: String, into headers: inout HTTPFields) {
        if key == "traceparent", let name = HTTPField.Name("traceresponse") { headers[name] = value }
    }
}
