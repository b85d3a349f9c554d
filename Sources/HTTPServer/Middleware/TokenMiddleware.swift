import HTTPTypes
import Hummingbird
import OpenInference
import ServerPage

/// Asks for a token, except of probes, the page, and who has a ticket.
struct TokenMiddleware: RouterMiddleware {
    let tokens: [String]
    let tickets: PageTickets

    /// Probes of whoever runs the server, who has no token, and the page, which asks for one.
    private static let open = Set(["/v2/health/live", "/v2/health/ready"] + ServerPage.files.map(\.path))

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        if tokens.isEmpty || TokenMiddleware.open.contains(request.uri.path) || isKnown(request.headers[.authorization])
            || hasTicket(request)
        {
            return try await next(request, context)
        }
        var response = Answer.message(.unauthorized, "show a token of this server: header 'Authorization: Bearer TOKEN'")
        response.headers[.wwwAuthenticate] = "Bearer"
        return response
    }

    private func hasTicket(_ request: Request) -> Bool {
        guard request.method == .get, let ticket = request.uri.queryParameters["ticket"] else { return false }
        return tickets.take(ticket, request.uri.path)
    }

    private func isKnown(_ header: String?) -> Bool {
        let parts = (header ?? "").split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0].lowercased() == "bearer" && Secrets.contains(parts[1], in: tokens)
    }
}
