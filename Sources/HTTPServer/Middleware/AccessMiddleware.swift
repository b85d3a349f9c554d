import HTTPTypes
import Hummingbird
import Logging
import Metrics
import NIOCore

/// What all requests have in common: an identity that the client may choose, a line of the log, and counts.
struct AccessMiddleware: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        let began = ContinuousClock.now
        var context = context
        let identity = AccessMiddleware.identity(request.headers) ?? context.id
        context.logger[metadataKey: "request_id"] = "\(identity)"
        var response = try await next(request, context)
        if let name = AccessMiddleware.header { response.headers[name] = identity }
        note(request, context, response, ContinuousClock.now - began, identity)
        return response
    }

    private static let header = HTTPField.Name("X-Request-Id")

    /// What the client calls the request, if that is short and of harmless characters.
    private static func identity(_ headers: HTTPFields) -> String? {
        guard let header, let text = headers[header], (1...128).contains(text.utf8.count) else { return nil }
        return text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C } ? text : nil
    }

    private func note(_ request: Request, _ context: ServerContext, _ response: Response, _ time: Duration, _ identity: String) {
        // Paths that are no route are not counted by name: clients could make any number of them.
        let route = context.route ?? "none"
        let dimensions = [("method", request.method.rawValue), ("route", route), ("status", "\(response.status.code)")]
        Counter(label: "tessera_http_requests_total", dimensions: dimensions).increment()
        Timer(label: "tessera_http_request_seconds", dimensions: [("route", route)]).recordNanoseconds(
            Int64(time / .nanoseconds(1)))
        logger.info(
            "\(request.method) \(request.uri.path.prefix(200))",
            metadata: [
                "request_id": "\(identity)", "status": "\(response.status.code)", "seconds": "\(time / .seconds(1))",
                "peer": "\(context.channel.remoteAddress?.ipAddress ?? "-")", "bytes": "\(response.body.contentLength ?? -1)",
            ])
    }
}
