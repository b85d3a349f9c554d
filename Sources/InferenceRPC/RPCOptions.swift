import Logging
import OpenInference

/// Where a server of gRPC listens, whom it serves, and within which bounds.
package struct RPCOptions: Sendable {
    /// Files of a certificate and its key.
    package struct TLS: Sendable {
        /// PEM file of the certificate and those between it and the authority.
        package var certificates: String
        /// PEM file of the private key.
        package var key: String
        /// PEM file of the authorities whose clients are served; nil for clients without certificates.
        package var clientAuthorities: String?

        /// The certificate in one file, its key in another.
        package init(certificates: String, key: String, clientAuthorities: String? = nil) {
            (self.certificates, self.key, self.clientAuthorities) = (certificates, key, clientAuthorities)
        }
    }

    /// Address of an interface: IPv4 or IPv6.
    package var host = "127.0.0.1"
    /// 0 for any that is free.
    package var port = 8001
    /// How connections are encrypted; nil for plain ones.
    package var tls: TLS?
    /// What clients show as `authorization: Bearer …`; none for a server that asks for nothing.
    package var tokens: [String] = []
    /// Most bytes of a request's message.
    package var maxMessageBytes = 64 << 20
    /// Most calls at once on one connection.
    package var maxCallsPerConnection = 1024
    /// How long a connection without calls stays.
    package var idleTimeout = Duration.seconds(60)
    /// Most requests of one stream that are not answered yet.
    package var streamWindow = 64
    /// Where clients may register POSIX shared memory, which other interfaces of the server may use as well; nil if they may not.
    package var sharedMemory: SharedMemoryTable?
    /// How long calls may go on when the server is to end.
    package var drain = Duration.seconds(30)
    /// Version that clients are told.
    package var version = ""
    /// What the server logs, for clients to see and change.
    package var log = LogSettings()
    /// Whether calls are traced, by the process's tracer.
    package var isTraced = false
    /// Where calls are logged.
    package var logger = Logger(label: "grpc")
    /// Told the port, once the server listens.
    package var onListening: @Sendable (_ port: Int) async -> Void = { _ in }

    /// A server for this machine alone, on port 8001, without encryption or tokens.
    package init() {}
}
