import NIOCore
import NIOPosix
import NIOSSL

/// Asks a server whether it is ready, for whoever has no HTTP client at hand: containers, say.
package enum HealthProbe {
    /// Bytes of an answer's first line that are of interest.
    private static let head = "HTTP/1.1 200"

    /// Whether the server at `host` and `port` answers `GET /v2/health/ready` with 200 within `patience`.
    /// - Parameter isEncrypted: whether it speaks TLS. Its certificate is not looked at, as it is of another name than `localhost`.
    package static func isReady(host: String, port: Int, isEncrypted: Bool, patience: Duration = .seconds(5)) async -> Bool {
        let patience = TimeAmount.nanoseconds(Int64(patience / .nanoseconds(1)))
        do {
            let connection = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connectTimeout(patience)
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if isEncrypted { try channel.pipeline.syncOperations.addHandler(try encryption()) }
                        return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            let channel = connection.channel
            let end = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
            defer { end.cancel() }
            return try await connection.executeThenClose { try await ask($0, $1) }
        } catch { return false }
    }

    private static func ask(
        _ answers: NIOAsyncChannelInboundStream<ByteBuffer>, _ requests: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws -> Bool {
        try await requests.write(ByteBuffer(string: "GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
        var text = ""
        for try await part in answers {
            text += String(buffer: part)
            if text.utf8.count >= head.utf8.count { break }
        }
        return text.hasPrefix(head)
    }

    private static func encryption() throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        return try NIOSSLClientHandler(context: NIOSSLContext(configuration: configuration), serverHostname: nil)
    }
}
