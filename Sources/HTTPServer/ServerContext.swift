import Foundation
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

    /// The route of the request; nil where there is none, which the router calls `NotFound`.
    var route: String? { endpointPath.flatMap { $0.hasPrefix("/") ? $0 : nil } }

    /// The part `name` of the path, without percent signs.
    /// - Throws: an error of hummingbird's where the path has no such part.
    func part(_ name: String) throws -> String {
        let text = try coreContext.parameters.require(name)
        return text.utf8.contains(UInt8(ascii: "%")) ? text.removingPercentEncoding ?? text : text
    }

    /// `body`; the task is cancelled when the client goes away meanwhile. It is the connection's, which has nothing else to do then.
    package func whileConnected<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard let client = Clients.state(of: channel) else { return try await body() }
        return try await withUnsafeCurrentTask { task in
            // `cancel` may be called from other threads as long as the task is there, which `forget` sees to.
            nonisolated(unsafe) let task = task
            let number = client.onLeave { task?.cancel() }
            defer { client.forget(number) }
            return try await body()
        }
    }
}
