import GRPCCore
import Logging
import OpenInference

/// What all calls have in common: who may make them, their deadline, and a line of the log for each.
struct CallInterceptor: ServerInterceptor {
    /// Texts that a client may show as `authorization: Bearer …`; none for a server that asks for none.
    let tokens: [String]
    let logger: Logger

    /// Probes of whoever runs the server, who has no token.
    private static let open: Set<String> = ["ServerLive", "ServerReady"]

    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        let (began, method) = (ContinuousClock.now, context.descriptor.method)
        if !CallInterceptor.open.contains(method), !isKnown(request.metadata) {
            log(method, context, began, .unauthenticated)
            throw RPCError(code: .unauthenticated, message: "show a token of this server: metadata 'authorization: Bearer TOKEN'")
        }
        let (deadline, ends) = (CallContext.deadline(request.metadata), CallContext.endsOnFailure(request.metadata))
        do {
            var response = try await CallContext.$deadline.withValue(deadline) { try await next(request, context) }
            guard case .success(var contents) = response.accepted else { return response }
            let producer = contents.producer
            contents.producer = { writer in
                do {
                    let trailers = try await CallContext.$deadline.withValue(deadline) {
                        try await CallContext.$endsOnFailure.withValue(ends) { try await producer(writer) }
                    }
                    log(method, context, began, nil)
                    return trailers
                } catch {
                    let error = CallFailure.told(error)
                    log(method, context, began, code(error))
                    throw error
                }
            }
            response.accepted = .success(contents)
            return response
        } catch {
            let error = CallFailure.told(error)
            log(method, context, began, code(error))
            throw error
        }
    }

    private func code(_ error: any Error) -> RPCError.Code { (error as? any RPCErrorConvertible)?.rpcErrorCode ?? .unknown }

    private func log(_ method: String, _ context: ServerContext, _ began: ContinuousClock.Instant, _ failure: RPCError.Code?) {
        logger.info(
            "\(method)",
            metadata: [
                "peer": "\(context.remotePeer)", "status": "\(failure.map(\.description) ?? "ok")",
                "time": "\(ContinuousClock.now - began)",
            ])
    }

    private func isKnown(_ metadata: Metadata) -> Bool {
        if tokens.isEmpty { return true }
        for value in metadata[stringValues: "authorization"] {
            let parts = value.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { continue }
            if Secrets.contains(parts[1], in: tokens) { return true }
        }
        return false
    }
}
