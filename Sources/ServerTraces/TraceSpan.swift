import Synchronization
import Tracing

/// A span that has ended.
struct EndedSpan: Sendable {
    let identity: TraceIdentity
    let parent: TraceIdentity?
    let kind: SpanKind
    /// Nanoseconds since 1970.
    let start, end: UInt64
    var facts: SpanFacts
}

/// What is told of a span while it goes on.
struct SpanFacts: Sendable {
    var name: String
    var attributes: SpanAttributes = [:]
    var events: [SpanEvent] = []
    var links: [SpanLink] = []
    var status: SpanStatus?
}

/// A span of a ``FileTracer``; one that is not sampled keeps nothing.
package final class TraceSpan: Span {
    /// Most events and most links of a span; further ones are left out.
    private static let most = 32

    package let context: InstrumentationContext
    private let identity: TraceIdentity
    private let parent: TraceIdentity?
    private let kind: SpanKind
    private let start: UInt64
    /// nil once it has ended, and of one that is not sampled.
    private let facts: Mutex<SpanFacts?>
    private let tell: @Sendable (EndedSpan) -> Void

    /// - Parameter tell: told the span when it ends, if it is sampled.
    init(
        _ name: String, _ identity: TraceIdentity, in context: InstrumentationContext, kind: SpanKind, start: UInt64,
        tell: @escaping @Sendable (EndedSpan) -> Void
    ) {
        (self.identity, parent, self.kind, self.start, self.tell) = (identity, context.trace, kind, start, tell)
        var context = context
        context.trace = identity
        self.context = context
        facts = Mutex(identity.isSampled ? SpanFacts(name: name) : nil)
    }

    package var isRecording: Bool { facts.withLock { $0 != nil } }

    package var operationName: String {
        get { facts.withLock { $0?.name ?? "" } }
        set { facts.withLock { $0?.name = newValue } }
    }

    package var attributes: SpanAttributes {
        get { facts.withLock { $0?.attributes ?? [:] } }
        set { facts.withLock { $0?.attributes = newValue } }
    }

    package func setStatus(_ status: SpanStatus) { facts.withLock { $0?.status = status } }

    package func addEvent(_ event: SpanEvent) {
        facts.withLock { facts in
            if let count = facts?.events.count, count < TraceSpan.most { facts?.events.append(event) }
        }
    }

    package func addLink(_ link: SpanLink) {
        facts.withLock { facts in
            if let count = facts?.links.count, count < TraceSpan.most { facts?.links.append(link) }
        }
    }

    package func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        var attributes = attributes
        attributes["exception.type"] = "\(type(of: error))"
        attributes["exception.message"] = "\(error)"
        addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
    }

    package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        let told = facts.withLock { facts in
            defer { facts = nil }
            return facts
        }
        guard let told else { return }
        // Clocks on the wall may go back.
        let end = max(instant().nanosecondsSinceEpoch, start)
        tell(EndedSpan(identity: identity, parent: parent, kind: kind, start: start, end: end, facts: told))
    }
}
