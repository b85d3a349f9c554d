import Logging
import OpenInference
import Tessera

/// Where a server of HTTP listens, whom it serves, and within which bounds.
package struct HTTPOptions: Sendable {
    /// Files of a certificate and its key.
    package struct TLS: Sendable {
        /// PEM file of the certificate and those between it and the authority.
        package var certificates: String
        /// PEM file of the private key.
        package var key: String

        /// The certificate in one file, its key in another.
        package init(certificates: String, key: String) { (self.certificates, self.key) = (certificates, key) }
    }

    /// Address of an interface.
    package var host = "127.0.0.1"
    /// 0 for any that is free.
    package var port = 8080
    /// How connections are encrypted; nil for plain ones.
    package var tls: TLS?
    /// What clients show as `Authorization: Bearer …`; none for a server that asks for nothing.
    package var tokens: [String] = []
    /// Origin whose pages may call the server from a browser; nil for none but its own, `*` for all.
    package var origin: String?
    /// Most bytes of a request's body, also after it was expanded.
    package var maxBodyBytes = 64 << 20
    /// Most connections at once.
    package var maxConnections = 1024
    /// How long a connection may be idle, and how long an answer may wait for a client that does not read.
    package var idleTimeout = Duration.seconds(60)
    /// How long a body may take to arrive.
    package var bodyTimeout = Duration.seconds(60)
    /// Where clients may register POSIX shared memory, which other interfaces of the server may use as well; nil if they may not.
    package var sharedMemory: SharedMemoryTable?
    /// Version that clients are told.
    package var version = ""
    /// What the server logs, for clients to see and change.
    package var log = LogSettings()
    /// Whether requests are traced, by the process's tracer.
    package var isTraced = false
    /// Where requests are logged.
    package var logger = Logger(label: "http")
    /// Text of `GET /metrics` behind that of the models; none by default.
    package var metrics: @Sendable () -> String = { "" }
    /// Told the port, once the server listens.
    package var onListening: @Sendable (_ port: Int) async -> Void = { _ in }

    /// A server for this machine alone, on port 8080, without encryption or tokens.
    package init() {}
}
