import ArgumentParser
import Foundation
import HTTPServer
import InferenceRPC
import OpenInference
import Tessera

/// Where the server listens, and whom it serves.
struct InterfaceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Address to listen on.", valueName: "ADDRESS")) var host = "127.0.0.1"
    @Option(help: ArgumentHelp("Port of HTTP: 8080 unless only --grpc-port is given; 0 for any that is free.", valueName: "N")) var port:
        Int?
    @Option(help: ArgumentHelp("Port of gRPC; 0 for any that is free. Without it, there is no gRPC.", valueName: "N")) var grpcPort: Int?
    @Option(help: ArgumentHelp("PEM file of the certificate, and of those between it and the authority.", valueName: "FILE"))
    var certificate: String?
    @Option(help: ArgumentHelp("PEM file of the certificate's key.", valueName: "FILE")) var key: String?
    @Option(help: ArgumentHelp("File of tokens, one a line: clients must show one of them.", valueName: "FILE")) var apiKeyFile: String?
    @Option(help: ArgumentHelp("Origin whose pages may call the server from a browser; '*' for all.", valueName: "ORIGIN")) var cors:
        String?
    @Flag(help: "Listen on other addresses than this machine's own without a certificate or tokens.") var insecure = false
    @Option(help: ArgumentHelp("Most bytes of a request, in megabytes.", valueName: "MB")) var maxBody = 64
    @Option(help: ArgumentHelp("Most connections of HTTP at once.", valueName: "N")) var maxConnections = 1024
    @Option(help: ArgumentHelp("Seconds that a connection may be idle, or a client may take to read.", valueName: "SECONDS"))
    var idleTimeout = 60
    @Option(help: ArgumentHelp("Seconds that the body of a request may take to arrive.", valueName: "SECONDS")) var bodyTimeout = 60
    @Option(help: ArgumentHelp("Seconds that requests may go on when the server ends.", valueName: "SECONDS")) var drain = 30
    @Flag(help: "Let clients register POSIX shared memory for inputs and outputs.") var sharedMemory = false
    @Flag(name: .customLong("probe"), help: "Ask the server at --host and --port whether it is ready, and end: 0 if it is, 1 if not.")
    var isProbe = false

    private var hasHTTP: Bool { port != nil || grpcPort == nil }
    /// How many there are.
    var count: Int { (hasHTTP ? 1 : 0) + (grpcPort == nil ? 0 : 1) }

    /// - Throws: `ValidationError` naming the option.
    func check() throws {
        for (name, value) in [("--port", port ?? 0), ("--grpc-port", grpcPort ?? 0)] where !(0...65535).contains(value) {
            throw ValidationError("\(name) is a number from 0 to 65535")
        }
        let bounds = [
            ("--max-body", maxBody), ("--max-connections", maxConnections), ("--idle-timeout", idleTimeout),
            ("--body-timeout", bodyTimeout),
        ]
        for (name, value) in bounds where !(1...1 << 20).contains(value) { throw ValidationError("\(name) must be 1 or more") }
        if !(0...86_400).contains(drain) { throw ValidationError("--drain must be 0 or more seconds") }
        if (certificate == nil) != (key == nil) { throw ValidationError("--certificate and --key go together") }
        if isProbe, !hasHTTP { throw ValidationError("--probe asks over HTTP: give its --port") }
        if isProbe { return }
        let isOpen = certificate == nil || apiKeyFile == nil
        if !InterfaceOptions.isLoopback(host), isOpen, !insecure {
            throw ValidationError(
                "--host \(host) lets others in: give --certificate, --key and --api-key-file, or --insecure if the network itself is trusted"
            )
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        if ["localhost", "::1"].contains(host) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Tokens of the file, if there is one.
    /// - Throws: ``TesseraError`` for a file that cannot be read or has none.
    func tokens() throws -> [String] {
        guard let apiKeyFile else { return [] }
        guard let text = try? String(contentsOfFile: apiKeyFile, encoding: .utf8) else {
            throw TesseraError(.notFound, "--api-key-file: '\(apiKeyFile)' cannot be read", file: apiKeyFile)
        }
        let tokens = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
        if tokens.isEmpty {
            throw TesseraError(.usage, "--api-key-file: '\(apiKeyFile)' has no tokens; write one a line", file: apiKeyFile)
        }
        return tokens
    }

    /// Whether the server that these options describe is ready.
    func probe() async -> Bool { await HealthProbe.isReady(host: host, port: port ?? 8080, isEncrypted: certificate != nil) }

    /// Options of HTTP; nil if there is none.
    func http(_ tokens: [String], _ regions: SharedMemoryTable?, _ listening: Listening) -> HTTPOptions? {
        guard hasHTTP else { return nil }
        var options = HTTPOptions()
        (options.host, options.port, options.tokens, options.origin, options.sharedMemory) = (host, port ?? 8080, tokens, cors, regions)
        if let certificate, let key { options.tls = HTTPOptions.TLS(certificates: certificate, key: key) }
        (options.maxBodyBytes, options.maxConnections) = (maxBody << 20, maxConnections)
        (options.idleTimeout, options.bodyTimeout) = (.seconds(idleTimeout), .seconds(bodyTimeout))
        let (scheme, host) = (certificate == nil ? "http" : "https", host.contains(":") ? "[\(host)]" : host)
        options.onListening = { port in
            StandardError.say("listening on \(scheme)://\(host):\(port)")
            listening.note()
        }
        return options
    }

    /// Options of gRPC; nil if there is none.
    func rpc(_ tokens: [String], _ regions: SharedMemoryTable?, _ listening: Listening) -> RPCOptions? {
        guard let port = grpcPort else { return nil }
        var options = RPCOptions()
        (options.host, options.port, options.tokens, options.sharedMemory) = (
            host == "localhost" ? "127.0.0.1" : host, port, tokens, regions
        )
        if let certificate, let key { options.tls = RPCOptions.TLS(certificates: certificate, key: key) }
        (options.maxMessageBytes, options.drain, options.idleTimeout) = (maxBody << 20, .seconds(drain), .seconds(idleTimeout))
        let shown = host.contains(":") ? "[\(host)]" : host
        options.onListening = { port in
            StandardError.say("listening on grpc://\(shown):\(port)")
            listening.note()
        }
        return options
    }
}
