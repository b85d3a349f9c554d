import Hummingbird
import NIOCore

/// What a request has beside its head and body.
package struct ServerContext: RequestContext {
    /// Of hummingbird.
    package var coreContext: CoreRequestContextStorage
    /// The connection.
    let channel: any Channel

    /// Of a request on the channel of `source`.
    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// `body`, whose task is cancelled when the client goes away.
    package func whileConnected<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        guard let client = Clients.state(of: channel) else { return try await body() }
        let task = Task { try await body() }
        let number = client.onLeave { task.cancel() }
        defer { client.forget(number) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
