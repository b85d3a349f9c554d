import Foundation
import HTTPTypes
import Hummingbird
import OpenInference
import ServerTraces
import Serving

/// Models of the Open Inference Protocol: metadata, configuration, statistics, and inference.
package struct InferenceRoutes: Sendable {
    let repository: ModelRepository
    let options: HTTPOptions

    /// Adds the routes to `router`.
    func add(to router: Router<ServerContext>) {
        for path in ["/v2/models/:model", "/v2/models/:model/versions/:version"] {
            router.get(RouterPath(path)) { request, context in try await metadata(request, Target(context)) }
            router.get(RouterPath(path + "/ready")) { _, context in try await ready(Target(context)) }
            router.get(RouterPath(path + "/config")) { _, context in
                let target = try Target(context)
                return try Answer.json(ModelConfigurationMessage(try await repository.description(target.model, version: target.version)))
            }
            router.get(RouterPath(path + "/stats")) { _, context in
                let target = try Target(context)
                return try await statistics(target.model, target.version)
            }
            router.post(RouterPath(path + "/infer")) { request, context in try await infer(request, context, Target(context)) }
        }
        router.get("/v2/models/stats") { _, _ in try await statistics(nil, nil) }
    }

    /// Model and version that a path names.
    private struct Target {
        let model: String
        let version: String?

        init(_ context: ServerContext) throws {
            model = try context.part("model")
            version = context.parameters.get("version")
        }
    }

    private func metadata(_ request: Request, _ target: Target) async throws -> Response {
        let description = try await repository.description(target.model, version: target.version)
        return try Answer.json(ModelMetadata(description, function: request.uri.queryParameters["function"].map(String.init)))
    }

    private func ready(_ target: Target) async throws -> Response {
        // Tells an unknown model from one that is not ready.
        if await repository.isReady(target.model, version: target.version) { return Answer.done }
        _ = try await repository.statistics(target.model, version: target.version)
        throw ServingError.notReady(model: target.model, reason: "see the repository's index")
    }

    private func statistics(_ model: String?, _ version: String?) async throws -> Response {
        let now = Int(Date().timeIntervalSince1970 * 1000)
        return try Answer.json(StatisticsMessage(try await repository.statistics(model, version: version), now: now))
    }

    private static let jsonCount = HTTPField.Name("Inference-Header-Content-Length")
    private static let timeout = HTTPField.Name("X-Request-Timeout-Ms")

    private func infer(_ request: Request, _ context: ServerContext, _ target: Target) async throws -> Response {
        let deadline = Deadlines.after(
            microseconds: try InferenceRoutes.number(request, InferenceRoutes.timeout).map { min($0, 1 << 40) * 1000 })
        let jsonCount = try InferenceRoutes.number(request, InferenceRoutes.jsonCount)
        let body = try await BodyReader(limit: options.maxBodyBytes, timeout: options.bodyTimeout).read(request)
        let message = try await LoopExecutor.leave(for: body.count) {
            try RequestReader.read(
                body, jsonCount: jsonCount, model: target.model, version: target.version, regions: options.sharedMemory,
                deadline: deadline)
        }
        let response = try await context.whileConnected { try await repository.traced(message.request) }
        let count = response.outputs.reduce(0) { sum, output in output.tensor.withUnsafeBytes { sum + $0.count } }
        return try await LoopExecutor.leave(for: count) {
            Answer.inference(
                try ResponseWriter.encode(response, message, regions: options.sharedMemory), accepted: request.headers[.acceptEncoding])
        }
    }

    private static func number(_ request: Request, _ name: HTTPField.Name?) throws -> Int? {
        guard let name, let text = request.headers[name] else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw AnswerError(.badRequest, "header '\(name)' must be a whole number from 0 on")
        }
        return number
    }
}
