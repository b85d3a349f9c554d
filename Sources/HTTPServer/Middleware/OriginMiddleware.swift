import HTTPTypes
import Hummingbird

/// What pages of other origins may do from a browser: call the server where it names their origin, and change nothing where it does not.
///
/// A browser sends a page's `POST` to any server, this machine's own as well, before it asks whether the page may read the answer. Where a
/// server asks for no tokens, every page that its user looks at could unload models else.
struct OriginMiddleware: RouterMiddleware {
    /// Origin whose pages may call; `*` for all; nil for none but the server's own.
    let allowed: String?
    /// Whether calls need a token, which a browser does not add by itself.
    let asksForTokens: Bool

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin] else { return try await next(request, context) }
        guard let allowed, allowed == "*" || allowed.lowercased() == origin.lowercased() else {
            if asksForTokens || isHarmless(request.method) || isOwn(origin, request) { return try await next(request, context) }
            let text = "pages of '\(origin.prefix(100))' may not call this server; --cors ORIGIN names an origin whose pages may"
            return Answer.message(.forbidden, text)
        }
        let isQuestion = request.method == .options && request.headers[.accessControlRequestMethod] != nil
        var response = isQuestion ? OriginMiddleware.permission : try await next(request, context)
        response.headers[.accessControlAllowOrigin] = allowed == "*" ? "*" : origin
        response.headers[.accessControlExposeHeaders] = "Inference-Header-Content-Length, Retry-After, X-Request-Id"
        if allowed != "*" { response.headers[values: .vary].append("Origin") }
        return response
    }

    private func isHarmless(_ method: HTTPRequest.Method) -> Bool { [.get, .head, .options].contains(method) }

    /// Whether the page is of this server: `Origin` is a scheme and what `Host` says.
    private func isOwn(_ origin: String, _ request: Request) -> Bool {
        guard let host = request.head.authority?.lowercased(), !host.isEmpty else { return false }
        return ["http://\(host)", "https://\(host)"].contains(origin.lowercased())
    }

    /// The answer to a browser that asks what a page may send.
    private static var permission: Response {
        let headers = [
            "Accept", "Authorization", "Content-Encoding", "Content-Type", "Inference-Header-Content-Length", "X-Request-Id",
            "X-Request-Timeout-Ms",
        ]
        return Response(
            status: .noContent,
            headers: [
                .accessControlAllowHeaders: headers.joined(separator: ", "), .accessControlAllowMethods: "GET, POST, OPTIONS",
                .accessControlMaxAge: "600",
            ])
    }
}
