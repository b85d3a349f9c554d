import Formats
import HTTPTypes
import Hummingbird
import NIOCore
import Serving
import Tessera

/// `POST /v1/generate`.
package struct GenerateRoutes: Sendable {
    let repository: ModelRepository
    let options: HTTPOptions
    var limits = GenerateLimits()

    /// Adds the route to `router`.
    func add(to router: Router<ServerContext>) {
        router.post("/v1/generate") { request, context in
            try await LoopExecutor.leave { try await answer(request, context) }
        }
    }

    private func answer(_ request: Request, _ context: ServerContext) async throws -> Response {
        let form = try AnswerForm(accept: request.headers[.accept])
        let body = try await BodyReader(limit: options.maxBodyBytes, timeout: options.bodyTimeout).read(request)
        let message = try GenerateMessage(body.withBytes { Array($0) }, type: request.headers[.contentType], limits)
        let deadline = message.timeout.map { ContinuousClock.now.advanced(by: $0) }
        let pipeline = try await context.whileConnected { [model = message.model] in try await repository.pipeline(model, until: deadline) }
        let generation = try pipeline.generate(message.request, deadline: deadline)
        let work = GenerateWork(pipeline: pipeline, seed: message.request.seed, generation: generation)
        switch form {
        case .events: return work.events(context)
        case .json: return try await work.json(context)
        case .png: return try await work.png(context)
        }
    }
}
