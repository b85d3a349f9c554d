import Hummingbird
import OpenInference
import Serving

/// Health and metadata of the server, and what is measured.
package struct HealthRoutes: Sendable {
    let repository: ModelRepository
    let options: HTTPOptions

    /// Adds the routes to `router`.
    func add(to router: Router<ServerContext>) {
        router.get("/v2/health/live") { _, _ in Answer.done }
        router.get("/v2/health/ready") { _, _ in
            guard await repository.isReady else { throw AnswerError(.serviceUnavailable, "models are being loaded, or the server ends") }
            return Answer.done
        }
        router.get("/v2") { _, _ in
            var message = ServerMetadata(version: options.version)
            if options.sharedMemory == nil { message.extensions.removeAll { $0 == "system_shared_memory" } }
            return try Answer.json(message)
        }
        router.get("/metrics") { _, _ in
            let text = ModelMetrics.text(try await repository.statistics()) + options.metrics()
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        }
    }
}
