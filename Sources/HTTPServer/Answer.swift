import Formats
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import OpenInference
import Serving
import Tessera

/// A request that is refused before a model is asked.
struct AnswerError: Error {
    let status: HTTPResponse.Status
    let message: String
    /// Whether the rest of the request is not worth reading.
    let closes: Bool

    init(_ status: HTTPResponse.Status, _ message: String, closes: Bool = false) {
        (self.status, self.message, self.closes) = (status, message, closes)
    }
}

/// Answers to requests.
enum Answer {
    /// JSON text of `message`.
    static func json(_ message: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        json(try MessageText.of(message), status)
    }

    /// JSON text as it is.
    static func json(_ bytes: [UInt8], _ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// Nothing to say but that it is done.
    static var done: Response { Response(status: .ok) }

    /// What `error` is to the client.
    static func failure(_ error: any Error, _ context: ServerContext) -> Response {
        switch error {
        case let error as ServingError: return failure(error)
        case let error as AnswerError: return failure(error, context.channel)
        case is CancellationError:
            return message(HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request"), "the client went away")
        case let error as HTTPError: return message(error.status, error.body ?? error.status.reasonPhrase)
        default: return failure(ServingError.failed(TesseraError(error)))
        }
    }

    private static func failure(_ error: ServingError) -> Response {
        var response = message(HTTPResponse.Status(code: error.httpStatus), error.description)
        if let time = error.retryAfter?.components {
            response.headers[.retryAfter] = "\(max(1, time.seconds + (time.attoseconds > 0 ? 1 : 0)))"
        }
        return response
    }

    /// The connection is closed a moment later, so that the client may read the answer.
    private static func failure(_ error: AnswerError, _ channel: any Channel) -> Response {
        var response = message(error.status, error.message)
        if error.closes {
            response.headers[.connection] = "close"
            channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        }
        return response
    }

    static func message(_ status: HTTPResponse.Status, _ text: String) -> Response {
        json((try? MessageText.of(ErrorMessage(text))) ?? Array("{}".utf8), status)
    }

    /// The answer to an inference request.
    /// - Parameter accepted: forms of compression that the client takes.
    static func inference(_ encoded: EncodedResponse, accepted: String?) -> Response {
        var headers: HTTPFields = [.contentType: encoded.tails.isEmpty ? "application/json" : "application/octet-stream"]
        if !encoded.tails.isEmpty, let name = HTTPField.Name("Inference-Header-Content-Length") { headers[name] = "\(encoded.json.count)" }
        // Smaller ones gain nothing; most clients name forms by habit.
        if encoded.count >= leastPacked, let form = compression(accepted) {
            var bytes = ByteBuffer(bytes: encoded.json)
            for tail in encoded.tails { _ = tail.withBytes { bytes.writeBytes($0) } }
            if let packed = bytes.withUnsafeReadableBytes({ form.pack($0) }) {
                headers[.contentEncoding] = form.rawValue
                return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: packed)))
            }
        }
        return Response(status: .ok, headers: headers, body: body(encoded))
    }

    /// The first form of an `Accept-Encoding` that is known and not excluded.
    private static func compression(_ accepted: String?) -> StreamCompression? {
        for part in (accepted ?? "").lowercased().split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " } }
            guard let name = pieces.first, let form = StreamCompression(rawValue: String(name)) else { continue }
            if !pieces.dropFirst().contains(where: { $0.hasPrefix("q=0") && Double($0.dropFirst(2)) == 0 }) { return form }
        }
        return nil
    }

    private static let piece = 1 << 20
    private static let leastPacked = 1 << 10

    /// Large answers are written piece by piece, so that a client that reads slowly is told from one that does not read.
    private static func body(_ encoded: EncodedResponse) -> ResponseBody {
        if encoded.count <= piece {
            var bytes = ByteBuffer()
            bytes.reserveCapacity(encoded.count)
            bytes.writeBytes(encoded.json)
            for tail in encoded.tails { _ = tail.withBytes { bytes.writeBytes($0) } }
            return ResponseBody(byteBuffer: bytes)
        }
        return ResponseBody(contentLength: encoded.count) { writer in
            for tail in [.bytes(encoded.json)] + encoded.tails {
                for start in stride(from: 0, to: tail.count, by: piece) {
                    let part = tail.withBytes {
                        ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: $0[start..<min(start + piece, $0.count)]))
                    }
                    try await writer.write(part)
                }
            }
            try await writer.finish(nil)
        }
    }
}
