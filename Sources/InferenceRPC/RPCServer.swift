import GRPCCore
import GRPCNIOTransportHTTP2
import Logging
import ServiceLifecycle
import Serving
import Tessera

/// The gRPC interface of a repository: listens until it is told to shut down, then ends calls in their time.
package struct RPCServer: Service {
    private let repository: ModelRepository
    private let options: RPCOptions

    /// A server of `repository`, which somebody else starts and drains.
    package init(repository: ModelRepository, options: RPCOptions) { (self.repository, self.options) = (repository, options) }

    /// Serves until the task is cancelled, which breaks calls off, or its service group shuts down, which takes no more calls and gives those
    /// that go on ``RPCOptions/drain``.
    /// - Throws: ``TesseraError`` if the address cannot be had.
    package func run() async throws {
        let server = GRPCServer(transport: try transport(), services: [service], interceptors: interceptors)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                do { try await server.serve() } catch {
                    throw TesseraError(.outOfResources, "gRPC at \(options.host):\(options.port): \(RPCServer.reason(error))")
                }
                return true
            }
            group.addTask {
                if let port = try? await server.transport.listeningAddress.port { await options.onListening(port) }
                return false
            }
            group.addTask {
                // Ends in a cancellation where the server ends before.
                guard (try? await gracefulShutdown()) != nil else { return false }
                server.beginGracefulShutdown()
                guard (try? await Task.sleep(for: options.drain)) != nil else { return false }
                options.logger.warning("calls are broken off, as they take longer than \(options.drain) to end")
                return true
            }
            while let isOver = try await group.next(), !isOver {}
            group.cancelAll()
        }
    }

    private var service: InferenceService {
        InferenceService(
            repository: repository, regions: options.sharedMemory, log: options.log, isTraced: options.isTraced,
            streamWindow: options.streamWindow, version: options.version)
    }

    private var interceptors: [any ServerInterceptor] {
        let calls = CallInterceptor(tokens: options.tokens, logger: options.logger)
        return options.isTraced ? [TraceInterceptor(), calls] : [calls]
    }

    private func transport() throws(TesseraError) -> HTTP2ServerTransport.Posix {
        let address: SocketAddress =
            options.host.contains(":") ? .ipv6(host: options.host, port: options.port) : .ipv4(host: options.host, port: options.port)
        return HTTP2ServerTransport.Posix(
            address: address, transportSecurity: security,
            config: .defaults { config in
                config.rpc.maxRequestPayloadSize = options.maxMessageBytes
                config.http2.maxConcurrentStreams = options.maxCallsPerConnection
                config.connection.maxIdleTime = options.idleTimeout
                // Answered in the same way; clients name plain messages first, and get them.
                config.compression.enabledAlgorithms = [.gzip, .deflate]
                config.channelDebuggingCallbacks.onAcceptHTTP2Stream = { [limit = options.maxMessageBytes] stream in
                    stream.eventLoop.makeCompletedFuture {
                        try stream.pipeline.syncOperations.addHandlers([MessageLimit(limit), TimeoutHeader()], position: .first)
                    }
                }
            })
    }

    private var security: HTTP2ServerTransport.Posix.TransportSecurity {
        guard let tls = options.tls else { return .plaintext }
        return .tls(
            certificateChain: [.file(path: tls.certificates, format: .pem)], privateKey: .file(path: tls.key, format: .pem)
        ) { config in
            guard let authorities = tls.clientAuthorities else { return }
            config.clientCertificateVerification = .noHostnameVerification
            config.trustRoots = .certificates([.file(path: authorities, format: .pem)])
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? RuntimeError else { return "\(error)" }
        return error.cause.map { "\($0)" } ?? error.message
    }
}

extension SocketAddress {
    /// Its port; nil for addresses without one.
    fileprivate var port: Int? { ipv4?.port ?? ipv6?.port }
}
