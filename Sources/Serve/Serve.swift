import ArgumentParser
import Foundation
import HTTPServer
import InferenceRPC
import Logging
import Metrics
import NIOCore
import OpenInference
import ServerMetrics
import ServerTraces
import ServiceLifecycle
import Serving
import Tessera

/// Serves models to other programs.
@main
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera-serve", abstract: "Serve models over HTTP and gRPC by the Open Inference Protocol.",
        discussion: """
            Examples:
              tessera-serve mnist.onnx
              tessera-serve digits=mnist.onnx depth=shapes.tess --port 9000 --grpc-port 9001
              tessera-serve --models /srv/models --host 0.0.0.0 --certificate server.pem --key server.key --api-key-file keys.txt

            A model is called what its file is called without the ending, or by NAME=PATH. The server listens on this machine alone unless \
            --host says otherwise. SIGTERM and SIGINT end it: requests that are being answered are finished.
            """,
        version: "tessera \(release)")

    private static let release = "0.1.0"

    @OptionGroup(title: "Models") var models: ModelOptions
    @OptionGroup(title: "Interfaces") var interfaces: InterfaceOptions
    @OptionGroup(title: "Log") var log: LogOptions
    @OptionGroup(title: "Traces") var traces: TraceOptions

    /// Exit codes as those of `tessera`: 2 for wrong usage, 1 for every other failure.
    static func main() async {
        // One for each core that the process may use, which are fewer than the machine has where it is pinned: several on one core take turns
        // of milliseconds.
        NIOSingletons.groupLoopCountSuggestion = Session.grantedThreads
        do {
            var command = try parseAsRoot()
            if let serve = command as? Serve { try await serve.run() } else { try command.run() }
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            StandardError.write(fullMessage(for: error) + "\n")
            Foundation.exit(2)
        }
    }

    func validate() throws {
        if !interfaces.isProbe { try models.check() }
        try interfaces.check()
        try traces.check()
    }

    func run() async throws {
        if interfaces.isProbe { throw await interfaces.probe() ? ExitCode.success : ExitCode.failure }
        do { try await serve() } catch let error as TesseraError {
            StandardError.say(error.message)
            throw ExitCode(error.category.exitCode)
        }
    }

    private func serve() async throws {
        let (settings, metrics) = (LogSettings(log.levels), PrometheusFactory())
        MetricsSystem.bootstrap(metrics)
        let logger = log.start(settings)
        let tracer = try traces.start(version: Serve.release, logger)
        // What ended last is written as well.
        defer { tracer?.forceFlush() }
        let repository = ModelRepository(try models.configuration(logger, tracer.map { _ in LoadSpans() }))
        let tokens = try interfaces.tokens()
        let regions = interfaces.sharedMemory ? SharedMemoryTable() : nil
        let listening = Listening(interfaces: interfaces.count)
        var services: [any Service] = tracer.map { [TraceService(tracer: $0)] } ?? []
        if var options = interfaces.http(tokens, regions, listening) {
            (options.log, options.logger, options.version) = (settings, logger, Serve.release)
            (options.isTraced, options.metrics) = (tracer != nil, { metrics.text })
            services.append(HTTPService(repository: repository, options: options))
        }
        if var options = interfaces.rpc(tokens, regions, listening) {
            (options.log, options.logger, options.version) = (settings, logger, Serve.release)
            options.isTraced = tracer != nil
            services.append(RPCServer(repository: repository, options: options))
        }
        services.append(RepositoryService(repository, names: models.names, drain: .seconds(interfaces.drain), listening))
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // Clients that neither read nor leave do not keep the server.
        configuration.maximumGracefulShutdownDuration = .seconds(interfaces.drain + 5)
        do { try await ServiceGroup(configuration: configuration).run() } catch let error as TesseraError {
            throw error
        } catch is ServiceGroupError {
            // What took longer than it may was broken off.
        }
    }
}
