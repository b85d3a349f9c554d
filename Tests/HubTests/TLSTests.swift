import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Hub

/// A server whose certificate is signed by an authority of our own, by OpenSSL's program.
private final class TLSServer: Sendable {
    static let program = "/usr/bin/openssl"
    let folder: HubFolder
    let port: Int
    private let server: Process

    /// - Parameter name: what the certificate is for.
    init(_ name: String = "IP:127.0.0.1") throws {
        folder = try HubFolder()
        // A port that was free a moment ago.
        port = try HubServer { _ in .init(200) }.port
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try TLSServer.run(["req", "-x509"] + key + ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Own"], in: folder.path)
        try TLSServer.run(
            ["req", "-x509"] + key
                + [
                    "-keyout", "s.key", "-out", "s.pem", "-subj", "/CN=x", "-addext", "subjectAltName=\(name)", "-CA", "ca.pem", "-CAkey",
                    "ca.key",
                ],
            in: folder.path)
        server = try TLSServer.start(
            ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", "s.pem", "-key", "s.key", "-WWW", "-quiet"], in: folder.path)
    }

    deinit { server.terminate() }

    private static func start(_ arguments: [String], in folder: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    private static func run(_ arguments: [String], in folder: String) throws {
        let process = try start(arguments, in: folder)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments.joined(separator: " "))")
    }

    /// What a pull from it ends with, once it listens.
    func failure(_ environment: [String: String]) async throws -> HubError {
        let own = ["HF_ENDPOINT": "https://127.0.0.1:\(port)", "HF_HOME": folder.path, "HOME": folder.path]
        var settings = try HubSettings(environment: own.merging(environment) { _, given in given })
        settings.retries.attempts = 500
        settings.retries.firstDelay = .milliseconds(10)
        settings.retries.longestDelay = .milliseconds(10)
        let result = await Result { _ = try await Pull(settings).run(RepositoryName("org/model")) }
        return try #require(throws: HubError.self) { try result.get() } as HubError
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// `make setup` installs the program: without it they fail.
@Suite struct TLSTests {
    @Test func ownAuthorities() async throws {
        let server = try TLSServer()
        let unknown = try await server.failure([:])
        #expect(unknown.kind == .untrusted && unknown.description.contains("not trusted here"), "\(unknown)")
        #expect(unknown.description.contains("https://127.0.0.1") && unknown.description.contains("SSL_CERT_FILE"))
        for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"] {
            // It is reached then, and has no such repository.
            let known = try await server.failure([name: server.folder.path + "/ca.pem"])
            #expect(known.kind == .malformed || known.kind == .missing, "\(known)")
            let system = FileManager.default.fileExists(atPath: "/etc/ssl/certs/ca-certificates.crt")
            let others = system ? ["REQUESTS_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt"] : [:]
            let both = try await server.failure(others.merging([name: server.folder.path + "/ca.pem"]) { _, own in own })
            #expect(both.kind == known.kind, "\(both)")
        }
        let stranger = try TLSServer()
        let other = try await server.failure(["SSL_CERT_FILE": stranger.folder.path + "/ca.pem"])
        withExtendedLifetime(stranger) {}
        #expect(other.kind == .untrusted && other.description.contains("only those of SSL_CERT_FILE"), "\(other)")
    }

    @Test func certificatesOfOthers() async throws {
        let server = try TLSServer("DNS:other.example")
        let error = try await server.failure(["SSL_CERT_FILE": server.folder.path + "/ca.pem"])
        #expect(error.kind == .untrusted && error.description.contains("is for another name"), "\(error)")
    }

    /// Who speaks no TLS has no certificate.
    @Test func serversWithoutTLS() async throws {
        let server = try HubServer { _ in .init(200) }
        let settings = try HubSettings(environment: ["HF_ENDPOINT": "https://127.0.0.1:\(server.port)", "HOME": "/nowhere"])
        let error = await #expect(throws: HubError.self) { try await Pull(settings).run(RepositoryName("org/model")) }
        #expect(error?.description.contains("no https server") == true, "\(error?.description ?? "")")
    }
}
