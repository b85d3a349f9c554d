import GRPCCore
import Serving

/// What is known of the call that a task answers.
enum CallContext {
    /// When the client will wait no longer; nil if it did not say.
    @TaskLocal static var deadline: ContinuousClock.Instant?

    /// The instant that `grpc-timeout` names, counted from now: up to 8 digits and a unit.
    static func deadline(_ metadata: Metadata) -> ContinuousClock.Instant? {
        guard let text = metadata[stringValues: "grpc-timeout"].first(where: { _ in true }), text.count <= 9, let unit = text.last,
            let amount = Int64(text.dropLast()), amount >= 0
        else { return nil }
        let time: Duration? =
            switch unit {
            case "H": .seconds(amount * 3600)
            case "M": .seconds(amount * 60)
            case "S": .seconds(amount)
            case "m": .milliseconds(amount)
            case "u": .microseconds(amount)
            case "n": .nanoseconds(amount)
            default: nil
            }
        return time.map { .now + $0 }
    }

    /// Does `work` in a task that ends when the client goes away, its deadline passes, or the connection breaks: gRPC tells that apart from
    /// the task that answers.
    static func stopping<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let task = Task { try await work() }
        return try await withTaskCancellationHandler {
            try await withRPCCancellationHandler {
                try await task.value
            } onCancelRPC: {
                task.cancel()
            }
        } onCancel: {
            task.cancel()
        }
    }

    /// `error`, as which a call that was stopped because its deadline passed is known.
    static func judged(_ error: ServingError, _ deadline: ContinuousClock.Instant?) -> ServingError {
        guard case .cancelled(let model) = error, let deadline, deadline <= .now else { return error }
        return .deadlineExceeded(model: model)
    }
}
