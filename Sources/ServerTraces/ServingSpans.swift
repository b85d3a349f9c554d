import Serving
import Synchronization
import Tracing

extension ModelRepository {
    /// As `infer`; tells the trace at hand how long the request waited, and how long the run took that it was part of.
    /// - Throws: ``ServingError``.
    nonisolated package func traced(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse {
        let arrival = DefaultTracerClock.now
        let response = try await infer(request)
        guard let context = InstrumentationContext.current else { return response }
        let facts: SpanAttributes = [
            "tessera.model.name": .string(response.model), "tessera.model.version": .string(response.version),
            "tessera.function": .string(response.function), "tessera.batch.rows": .int64(Int64(response.batchSize)),
        ]
        let began = arrival + response.queueTime
        ServingSpans.note("tessera.queue", context, arrival, began, facts)
        ServingSpans.note("tessera.compute", context, began, began + response.computeTime, facts)
        return response
    }
}

private enum ServingSpans {
    /// A span of which start and end are known.
    static func note(
        _ name: String, _ context: InstrumentationContext, _ start: DefaultTracerClock.Timestamp, _ end: DefaultTracerClock.Timestamp,
        _ facts: SpanAttributes
    ) {
        let span = startSpan(name, at: start, context: context)
        span.attributes = facts
        span.end(at: end)
    }
}

extension DefaultTracerClock.Timestamp {
    fileprivate static func + (start: Self, time: Duration) -> Self {
        let (nanoseconds, isTooLarge) = start.nanosecondsSinceEpoch.addingReportingOverflow(
            UInt64(max(0, min(time / .nanoseconds(1), 1e18))))
        return isTooLarge ? start : Self(nanosecondsSinceEpoch: nanoseconds)
    }
}

/// Spans of models that are read: below the request that wanted a model which was not in memory, otherwise traces of their own.
package final class LoadSpans: Sendable {
    private struct Key: Hashable {
        let model, version: String
    }

    private let open = Mutex<[Key: any Span]>([:])

    /// No model is being read.
    package init() {}

    /// What ``RepositoryConfiguration/log`` is told.
    package func note(_ event: RepositoryEvent) {
        let key = Key(model: event.model, version: event.version)
        switch event.kind {
        case .loading:
            let span = startSpan("tessera.load", context: .current ?? .topLevel)
            span.attributes = ["tessera.model.name": .string(event.model), "tessera.model.version": .string(event.version)]
            open.withLock { $0[key] = span }
        case .loaded, .failed:
            guard let span = open.withLock({ $0.removeValue(forKey: key) }) else { return }
            if event.kind == .failed { span.setStatus(SpanStatus(code: .error, message: event.detail)) }
            span.end()
        case .unloaded, .evicted: break
        }
    }
}
