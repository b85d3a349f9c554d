import Tessera
import Tracing

/// Records spans in a file, as OpenTelemetry's file exporter does: each line is an `ExportTraceServiceRequest` in OTLP's JSON form. Traces come
/// and go on by W3C's Trace Context.
package final class FileTracer: Tracer {
    package typealias Span = TraceSpan

    private let sampler: TraceSampler
    private let output: TraceOutput

    /// Opens `path`, and creates the file if there is none; an old one is continued.
    /// - Parameters:
    ///   - share: of the traces that begin here, 0 to 1. Others are recorded if whoever began them says so.
    ///   - version: of the server.
    ///   - dropped: told how many spans were lost, as the disk is full or slow; must be quick.
    ///   - trouble: told once what goes wrong with the file, until it goes right again.
    /// - Throws: ``TesseraError`` for what cannot be written to.
    package init(
        path: String, share: Double = 1, version: String = "", dropped: @escaping @Sendable (Int) -> Void = { _ in },
        trouble: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(TesseraError) {
        sampler = TraceSampler(share: share)
        output = TraceOutput(try TraceFile(path), version: version, dropped: dropped, trouble: trouble)
    }

    /// Makes all of the program tell its spans to this tracer; once in a process.
    package func install() { InstrumentationSystem.bootstrap(self) }

    /// Opens the file anew, for whoever has renamed it. What cannot be opened leaves the old one.
    package func reopen() { output.reopen() }

    /// Writes what has ended, for at most two seconds.
    package func forceFlush() { output.flush() }

    package func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> TraceSpan {
        let context = context()
        let identity = context.trace.map { TraceIdentity(below: $0) } ?? TraceIdentity(sampler)
        return TraceSpan(operationName, identity, in: context, kind: kind, start: instant().nanosecondsSinceEpoch) { [output] span in
            output.add(span)
        }
    }

    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let header = extractor.extract(key: "traceparent", from: carrier) else { return }
        context.trace = TraceIdentity(header: header, state: extractor.extract(key: "tracestate", from: carrier))
    }

    package func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let trace = context.trace else { return }
        injector.inject(trace.header, forKey: "traceparent", into: &carrier)
        if !trace.state.isEmpty { injector.inject(trace.state, forKey: "tracestate", into: &carrier) }
    }
}
