import Tracing

/// The span of a generation, from its place in the queue to its end.
package struct GenerationSpan: Sendable {
    private let span: any Span

    /// Begins below the span at hand.
    package init(model: String, version: String) {
        span = startSpan("tessera.generate", context: .current ?? .topLevel)
        span.attributes = ["tessera.model.name": .string(model), "tessera.model.version": .string(version)]
    }

    /// `body`, with which the span ends.
    package func around<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        defer { span.end() }
        do { return try await body() } catch {
            span.setStatus(SpanStatus(code: .error, message: "\(error)"))
            throw error
        }
    }
}
