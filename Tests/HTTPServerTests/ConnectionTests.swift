import Foundation
import Hummingbird
import Serving
import Synchronization
import Testing

@testable import HTTPServer

@Suite struct ConnectionTests {
    /// A server on a free port; ends with the closure.
    private func listening(
        _ configuration: (inout RepositoryConfiguration) -> Void = { _ in }, _ options: (inout HTTPOptions) -> Void = { _ in },
        _ body: @escaping @Sendable (Int, ModelRepository) async throws -> Void
    ) async throws {
        let folder = try ServedFolder()
        let repository = await folder.repository(configuration)
        var made = HTTPOptions()
        made.port = 0
        options(&made)
        let (ports, source) = AsyncStream<Int>.makeStream()
        made.onListening = { source.yield($0) }
        let service = HTTPService(repository: repository, options: made)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            try await body(port, repository)
            group.cancelAll()
            try? await group.waitForAll()
        }
        withExtendedLifetime(folder) {}
    }

    private static let call: String = {
        let body = "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 2], \"data\": [1, 2]}]}"
        return "POST /v2/models/double/infer HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }()

    @Test func aClientThatLeavesTakesItsRequestAlong() async throws {
        let gate = Mutex(true)
        try await listening({ configuration in
            // The first run holds the only session until the second client has gone.
            configuration.hooks.willRun = { _, _ in while gate.withLock({ $0 }) { usleep(1000) } }
        }) { port, repository in
            let (first, second) = (try Socket(port), try Socket(port))
            first.send(ConnectionTests.call)
            try await repository.waits { $0.running == 1 }
            second.send(ConnectionTests.call)
            try await repository.waits { $0.waiting == 1 }
            second.close()
            try await repository.waits { $0.cancelled == 1 && $0.waiting == 0 }
            gate.withLock { $0 = false }
            let answer = try await first.read(until: "]}]}")
            #expect(answer?.contains("[2.0,4.0]") == true)
            first.close()
        }
    }

    @Test func connectionsAreKept() async throws {
        try await listening { port, _ in
            let socket = try Socket(port)
            for _ in 0..<3 {
                socket.send(ConnectionTests.call)
                let answer = try await socket.read(until: "]}]}")
                #expect(answer?.contains("200 OK") == true)
            }
            socket.close()
        }
    }

    @Test func slowBodiesEnd() async throws {
        try await listening({ _ in }, { $0.bodyTimeout = .milliseconds(200) }) { port, _ in
            let socket = try Socket(port)
            socket.send("POST /v2/models/double/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
            let answer = try await socket.read(until: "}")
            #expect(answer?.contains("408") == true)
            socket.close()
        }
    }

    @Test func idleConnectionsAreClosed() async throws {
        try await listening({ _ in }, { $0.idleTimeout = .milliseconds(300) }) { port, _ in
            let socket = try Socket(port)
            socket.send("GET /v2 HT")
            let answer = try await socket.read(until: "never")
            #expect(answer == nil)
            socket.close()
        }
    }

    /// Who has no token keeps no connection by sending on, however steadily.
    @Test func refusedRequestsThatGoOnAreClosed() async throws {
        try await listening({ _ in }, { ($0.bodyTimeout, $0.tokens) = (.milliseconds(300), ["secret"]) }) { port, _ in
            let socket = try Socket(port)
            socket.send("POST /v2/models/double/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{")
            let answer = try await socket.read(until: "}")
            #expect(answer?.contains("401") == true)
            var isOpen = true
            for _ in 0..<500 where isOpen {
                isOpen = socket.send("x")
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(!isOpen)
            socket.close()
        }
    }
}

extension ModelRepository {
    /// Waits until statistics of the model are as `condition` wants them.
    func waits(_ condition: (ModelStatistics) -> Bool) async throws {
        for _ in 0..<5000 {
            if let found = try await statistics("double").first, condition(found) { return }
            try await Task.sleep(for: .milliseconds(2))
        }
        Issue.record("the statistics did not come: \(try await statistics("double"))")
    }
}

/// A plain connection to this machine.
final class Socket: Sendable {
    private let descriptor: Int32

    init(_ port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        (address.sin_family, address.sin_port) = (sa_family_t(AF_INET), UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard status == 0 else { throw CocoaError(.fileReadUnknown) }
    }

    /// - Returns: whether the connection took it.
    @discardableResult
    func send(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } >= 0
    }

    /// What comes up to and with `mark`; nil if the connection ends before, or nothing comes for 20 seconds. Looks again and again: a thread
    /// that waits in `recv` is one that the server's tasks lack.
    func read(until mark: String) async throws -> String? {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        var patience = 10_000
        while !text.contains(mark) {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                text += String(decoding: buffer.prefix(count), as: UTF8.self)
                continue
            }
            guard count < 0, errno == EAGAIN || errno == EINTR, patience > 0 else { return nil }
            patience -= 1
            try await Task.sleep(for: .milliseconds(2))
        }
        return text
    }

    func close() { _ = Glibc.close(descriptor) }
}
