import Foundation
import Formats
import Hummingbird
import Serving
import Tessera

/// Why a request is answered with an error: `{"error": …}` under a status.
struct GenerateFailure: Error, Sendable {
    let status: HTTPResponse.Status
    let message: String
    /// Whole seconds after which to ask again.
    var retryAfter: Int?

    init(_ status: HTTPResponse.Status, _ message: String) { (self.status, self.message) = (status, message) }

    /// `error` with the status of its category; a full queue is 429, of which clients know that they may ask again.
    init(_ error: any Error) {
        switch error {
        case let error as GenerateFailure: self = error
        case let error as ServingError:
            self.init(HTTPResponse.Status(code: error.retryAfter == nil ? error.httpStatus : 429), error.description)
            retryAfter = error.retryAfter.map { max(1, Int($0.components.seconds) + ($0.components.attoseconds > 0 ? 1 : 0)) }
        case let error as any HTTPResponseError: self.init(error.status, error.status.reasonPhrase)
        default:
            let error = TesseraError(error)
            self.init(HTTPResponse.Status(code: error.category.httpStatus), error.message)
        }
    }

    /// As events and bodies have it.
    var json: ConfigValue { .dict(["error": .string(message), "status": .int(status.code)]) }

    var response: Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
        let body = ConfigValue.dict(["error": .string(message)]).description
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }

    /// The answer that `body` gives, or the error that it throws.
    static func answering(_ body: () async throws -> Response) async -> Response {
        do { return try await body() } catch { return GenerateFailure(error).response }
    }
}
