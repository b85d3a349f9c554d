import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import NIOCore
import NIOSSL
import ServiceLifecycle
import Serving
import Tessera

/// The HTTP interface of a repository: listens until it is told to shut down, then ends requests in their time.
package struct HTTPService: Service {
    private let repository: ModelRepository
    private let options: HTTPOptions
    private let extend: @Sendable (Router<ServerContext>) -> Void

    /// A server of `repository`, which somebody else starts and drains.
    /// - Parameter extend: adds further routes.
    package init(repository: ModelRepository, options: HTTPOptions, extend: @escaping @Sendable (Router<ServerContext>) -> Void = { _ in })
    {
        (self.repository, self.options, self.extend) = (repository, options, extend)
    }

    /// All routes, behind what all requests have in common.
    package var router: Router<ServerContext> {
        let router = Router(context: ServerContext.self)
        if options.isTraced { router.add(middleware: TraceMiddleware(isEncrypted: options.tls != nil)) }
        router.add(middleware: AccessMiddleware(logger: options.logger))
        router.add(middleware: OriginMiddleware(allowed: options.origin, asksForTokens: !options.tokens.isEmpty))
        router.add(middleware: FailureMiddleware())
        let tickets = PageTickets()
        router.add(middleware: TokenMiddleware(tokens: options.tokens, tickets: tickets))
        HealthRoutes(repository: repository, options: options).add(to: router)
        InferenceRoutes(repository: repository, options: options).add(to: router)
        RepositoryRoutes(repository: repository, options: options).add(to: router)
        SettingsRoutes(repository: repository, options: options).add(to: router)
        SharedMemoryRoutes(options: options).add(to: router)
        GenerateRoutes(repository: repository, options: options).add(to: router)
        ModelRoutes(repository, tickets).add(to: router)
        PageRoutes().add(to: router)
        extend(router)
        return router
    }

    /// The application, which tests run as well.
    /// - Throws: ``TesseraError`` for a certificate or key that cannot be read.
    package func application() throws -> some ApplicationProtocol {
        let timeout = TimeAmount(options.idleTimeout)
        let (bodyTimeout, limit) = (TimeAmount(options.bodyTimeout), options.maxBodyBytes)
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ClientWatch(timeout: timeout, bodyTimeout: bodyTimeout, maxBodyBytes: limit)],
            idleTimeout: timeout,
            httpDecoderConfiguration: .init(maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 200))
        let plain = HTTPServerBuilder { LoopChannel(base: HTTP1Channel(responder: $0, configuration: configuration)) }
        let onListening = options.onListening
        return Application(
            router: router, server: try encrypted(plain),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port), serverName: "tessera",
                availableConnectionsDelegate: MaximumAvailableConnections(options.maxConnections)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) }, logger: options.logger)
    }

    private func encrypted(_ plain: HTTPServerBuilder) throws -> HTTPServerBuilder {
        guard let tls = options.tls else { return plain }
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(tls.certificates).map { NIOSSLCertificateSource.certificate($0) }
            let key = try NIOSSLPrivateKey(file: tls.key, format: .pem)
            return try .tls(plain, tlsConfiguration: .makeServerConfiguration(certificateChain: certificates, privateKey: .privateKey(key)))
        } catch { throw TesseraError(.unreadable, "\(tls.certificates), \(tls.key): no certificate with its key in PEM form: \(error)") }
    }

    /// Serves until the task is cancelled, or its service group shuts down, which takes no more connections and ends the requests that go on.
    /// - Throws: ``TesseraError`` if the address cannot be had.
    package func run() async throws {
        let application = try application()
        do { try await application.run() } catch let error as TesseraError { throw error } catch is CancellationError { return } catch {
            throw TesseraError(.outOfResources, "HTTP at \(options.host):\(options.port): \(error)")
        }
    }
}
