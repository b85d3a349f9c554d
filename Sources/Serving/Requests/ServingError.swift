import Tessera

/// Why a request was not answered.
package enum ServingError: Error, Sendable, Equatable {
    /// No model of this name is served.
    case unknownModel(String)
    /// The model has no such version.
    case unknownVersion(model: String, version: String)
    /// The model is there, and cannot run: it loads, could not be loaded, or was unloaded.
    case notReady(model: String, reason: String)
    /// As many requests wait as may; after `retryAfter` about half of them should be gone.
    case queueFull(model: String, retryAfter: Duration)
    /// The deadline passed before the answer was there.
    case deadlineExceeded(model: String)
    /// Who asked went away.
    case cancelled(model: String)
    /// The server ends, and takes no more work.
    case draining
    /// The request or the model is at fault, or the machine.
    case failed(TesseraError)

    /// What kind of failure it is.
    package var category: ErrorCategory {
        switch self {
        case .unknownModel, .unknownVersion: .notFound
        case .notReady, .queueFull, .deadlineExceeded, .draining: .outOfResources
        case .cancelled: .cancelled
        case .failed(let error): error.category
        }
    }

    /// Status of an HTTP answer.
    package var httpStatus: Int {
        switch self {
        case .deadlineExceeded: 504
        case .queueFull: 429
        case .unknownModel, .unknownVersion, .notReady, .cancelled, .draining, .failed: category.httpStatus
        }
    }

    /// When to ask again, where that is known.
    package var retryAfter: Duration? {
        if case .queueFull(_, let time) = self { time } else { nil }
    }

    /// `error` as one of serving.
    init(_ error: any Error, model: String) {
        switch error {
        case let error as ServingError: self = error
        case let error as TesseraError: self = error.category == .cancelled ? .cancelled(model: model) : .failed(error)
        case is CancellationError: self = .cancelled(model: model)
        default: self = .failed(TesseraError(error))
        }
    }
}

extension ServingError: CustomStringConvertible {
    /// The whole of it for people.
    package var description: String {
        switch self {
        case .unknownModel(let name): "no model '\(name)' is served"
        case .unknownVersion(let model, let version): "model '\(model)' has no version '\(version)'"
        case .notReady(let model, let reason): "model '\(model)' is not ready: \(reason)"
        case .queueFull(let model, let time): "the queue of model '\(model)' is full; try again in \(time)"
        case .deadlineExceeded(let model): "the deadline passed before model '\(model)' had answered"
        case .cancelled(let model): "the request to model '\(model)' was cancelled"
        case .draining: "the server is shutting down and takes no more requests"
        case .failed(let error): error.message
        }
    }
}
