import GRPCCore
import Serving
import Tessera

extension ErrorCategory {
    /// Status of a call that failed so.
    var rpcCode: RPCError.Code {
        switch self {
        case .usage, .unreadable: .invalidArgument
        case .notFound: .notFound
        case .unsupported, .unsupportedModel: .unimplemented
        case .outOfResources: .resourceExhausted
        case .cancelled: .cancelled
        case .internal: .internalError
        }
    }
}

extension ServingError: RPCErrorConvertible {
    /// Status of a call that failed so.
    package var rpcErrorCode: RPCError.Code {
        switch self {
        case .notReady, .draining: .unavailable
        case .queueFull: .resourceExhausted
        case .deadlineExceeded: .deadlineExceeded
        case .unknownModel, .unknownVersion, .cancelled, .failed: category.rpcCode
        }
    }

    /// The whole of it for people.
    package var rpcErrorMessage: String { description }

    /// `retry-after`, in milliseconds, of a queue that is full.
    package var rpcErrorMetadata: Metadata {
        guard let time = retryAfter else { return [:] }
        return ["retry-after-ms": "\(max(time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000, 1))"]
    }
}

/// What a call failed with.
package enum CallFailure {
    /// `error` as gRPC can tell it: errors of the door have no status of their own.
    package static func told(_ error: any Error) -> any Error { (error as? TesseraError).map { ServingError.failed($0) } ?? error }
}
