import Foundation
import Synchronization

/// A small HTTP/1.1 server on 127.0.0.1 with a port of its own, for tests of the Hub's interface. One thread for each connection,
/// one request on each.
package final class HubServer: Sendable {
    package struct Request: Sendable {
        package let method: String
        package let path: String
        /// By name in lower case.
        package let fields: [String: String]

        /// N of `Range: bytes=N-`.
        package var rangeStart: Int? { fields["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } }
    }

    package struct Answer: Sendable {
        package var status: Int
        package var fields: [String: String]
        package var body: [UInt8]
        /// Bytes of the body after which the connection breaks.
        package var breaksAfter: Int?
        /// Milliseconds before the answer begins.
        package var delay = 0
        /// Instead of the number of bytes in `body`; nil sends none.
        package var length: Int?

        package init(_ status: Int, _ fields: [String: String] = [:], _ body: [UInt8] = []) {
            (self.status, self.fields, self.body) = (status, fields, body)
            length = body.count
        }
    }

    package typealias Handler = @Sendable (Request) -> Answer

    package let port: Int
    private let listener: Int32
    private let handler: Handler
    private let log = Mutex<[Request]>([])

    /// Starts to listen; stops when the object goes.
    /// - Throws: `POSIXError`.
    package init(_ handler: @escaping Handler) throws {
        self.handler = handler
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (bound, socket) = (address, listener)
        let isListening = withUnsafePointer(to: bound) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) == 0 && listen(socket, 64) == 0 }
        }
        let isNamed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) == 0 }
        }
        guard isListening, isNamed else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0, let server = self else { return }
                Thread.detachNewThread {
                    server.serve(connection)
                    close(connection)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    package var requests: [Request] { log.withLock { $0 } }

    /// `GET /path`, in the order of arrival.
    package var lines: [String] { requests.map { "\($0.method) \($0.path)" } }

    private func serve(_ connection: Int32) {
        guard let request = HubServer.read(connection) else { return }
        log.withLock { $0.append(request) }
        let answer = handler(request)
        if answer.delay > 0 { usleep(UInt32(answer.delay) * 1000) }
        var head = "HTTP/1.1 \(answer.status) X\r\nConnection: close\r\n"
        if let length = answer.length { head += "Content-Length: \(length)\r\n" }
        for (name, value) in answer.fields { head += "\(name): \(value)\r\n" }
        HubServer.write(Array((head + "\r\n").utf8), to: connection)
        if request.method != "HEAD" { HubServer.write(Array(answer.body.prefix(answer.breaksAfter ?? .max)), to: connection) }
        shutdown(connection, Int32(SHUT_WR))
    }

    /// First byte of what a client of TLS sends.
    private static let tlsHandshake: UInt8 = 22

    private static func read(_ connection: Int32) -> Request? {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !text.contains("\r\n\r\n") {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0, text.utf8.count < 1 << 16 else { return nil }
            // A client that begins TLS waits for an answer.
            if text.isEmpty, buffer[0] == tlsHandshake {
                write(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), to: connection)
                return nil
            }
            text += String(decoding: buffer.prefix(count), as: UTF8.self)
        }
        let lines = text.components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ").map(String.init)
        guard words.count == 3 else { return nil }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2 { fields[parts[0].lowercased()] = parts[1] }
        }
        return Request(method: words[0], path: words[1], fields: fields)
    }

    private static func write(_ bytes: [UInt8], to connection: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
