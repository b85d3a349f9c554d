import Hummingbird

/// Errors as answers in the protocol's form.
struct FailureMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        do { return try await next(request, context) } catch { return Answer.failure(error, context) }
    }
}
