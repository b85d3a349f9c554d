import ArgumentParser
import Logging
import Metrics
import ServerTraces
import ServiceLifecycle
import Tessera
import UnixSignals

/// Whether requests are traced.
struct TraceOptions: ParsableArguments {
    @Option(
        name: .customLong("trace-file"),
        help: ArgumentHelp("File that spans are appended to, as lines of OTLP's JSON form; SIGHUP opens it anew.", valueName: "FILE"))
    var file: String?
    @Option(
        name: .customLong("trace-sample"),
        help: ArgumentHelp(
            "Share of traces that are recorded, 0 to 1, where clients have not decided it; 1 if not given.", valueName: "SHARE"))
    var share: Double?

    /// - Throws: `ValidationError` naming the option.
    func check() throws {
        if let share, !(0...1).contains(share) { throw ValidationError("--trace-sample is a number from 0 to 1") }
        if share != nil, file == nil { throw ValidationError("--trace-sample belongs to --trace-file") }
    }

    /// Begins to record what the program traces; nil if nothing is to be.
    /// - Throws: ``TesseraError`` for a file that cannot be written to.
    func start(version: String, _ logger: Logger) throws(TesseraError) -> FileTracer? {
        guard let file else { return nil }
        let counter = Counter(label: "tessera_trace_spans_dropped_total")
        counter.increment(by: 0)
        do throws(TesseraError) {
            let tracer = try FileTracer(
                path: file, share: share ?? 1, version: version, dropped: { counter.increment(by: $0) },
                trouble: { logger.warning("--trace-file: \($0)") })
            tracer.install()
            return tracer
        } catch { throw TesseraError(error.category, "--trace-file: \(error.message)", file: file) }
    }
}

/// Opens the file of traces anew when whoever rotates it says so.
struct TraceService: Service {
    let tracer: FileTracer

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { tracer.reopen() }
    }
}
