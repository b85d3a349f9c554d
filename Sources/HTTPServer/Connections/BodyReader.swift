import Formats
import HTTPTypes
import Hummingbird
import NIOCore
import OpenInference

/// Reads bodies of requests, within bounds of size and time, and expands them.
struct BodyReader: Sendable {
    let limit: Int
    let timeout: Duration

    /// The whole body.
    /// - Throws: ``AnswerError`` if it is larger than the limit, slower than the timeout (``ClientWatch`` has the clock), or packed in a way
    ///   that is not known.
    func read(_ request: Request) async throws -> MessageBytes {
        if let text = request.headers[.contentLength], let length = Int(text), length > limit { throw tooLarge }
        let body = try await collect(request)
        let encoding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
        if encoding == "identity" { return MessageBytes(body) }
        guard StreamCompression(rawValue: encoding) != nil else {
            throw AnswerError(
                .unsupportedMediaType, "Content-Encoding '\(encoding.prefix(40))' is not known; known are gzip, deflate and identity")
        }
        return try await LoopExecutor.leave { try expand(MessageBytes(body), encoding) }
    }

    private func expand(_ bytes: MessageBytes, _ encoding: String) throws(AnswerError) -> MessageBytes {
        do throws(StreamCompression.Failure) {
            return MessageBytes(
                try bytes.withBytes { (bytes) throws(StreamCompression.Failure) in
                    try StreamCompression.expand(bytes, limit: limit)
                })
        } catch {
            if error == .tooLarge { throw tooLarge }
            throw AnswerError(.badRequest, "the body is not sound \(encoding) data")
        }
    }

    private var tooLarge: AnswerError {
        AnswerError(
            .contentTooLarge, "the body is larger than \(limit) bytes, which is the limit of this server (--max-body)", closes: true)
    }

    private func collect(_ request: Request) async throws -> ByteBuffer {
        let expected = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        var collected = ByteBuffer()
        do {
            for try await var part in request.body {
                guard part.readableBytes <= limit - collected.readableBytes else { throw tooLarge }
                if collected.capacity == 0 {
                    // Bodies of one piece are read where they are.
                    if part.readableBytes >= expected { collected = part; continue }
                    // What a header says takes no memory before the bytes are there, beyond a first share.
                    collected.reserveCapacity(min(expected, limit, 1 << 24))
                }
                collected.writeBuffer(&part)
            }
        } catch let error where !(error is AnswerError || error is CancellationError) {
            if error is LateBody { throw AnswerError(.requestTimeout, "the body did not arrive within \(timeout)", closes: true) }
            throw AnswerError(.badRequest, "the body ended before its time: \(error)", closes: true)
        }
        return collected
    }
}

extension MessageBytes {
    /// The readable bytes of `buffer`, in place.
    init(_ buffer: ByteBuffer) {
        let owner = BufferOwner(buffer)
        // The storage is held by the owner and never written to again, so the bytes stay where they are.
        let bytes = owner.buffer.withUnsafeReadableBytes { $0 }
        self.init(bytes, owner: owner)
    }
}

private final class BufferOwner: Sendable {
    let buffer: ByteBuffer

    init(_ buffer: ByteBuffer) { self.buffer = buffer }
}
