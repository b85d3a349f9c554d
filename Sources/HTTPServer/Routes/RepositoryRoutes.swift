import Formats
import Foundation
import Hummingbird
import OpenInference
import Serving

/// The model repository extension: index, load, unload.
package struct RepositoryRoutes: Sendable {
    let repository: ModelRepository
    let options: HTTPOptions

    /// Adds the routes to `router`.
    func add(to router: Router<ServerContext>) {
        router.post("/v2/repository/index") { request, _ in
            let wantsReady = try await parameters(request)["ready"]?.bool ?? false
            let entries = await repository.index().filter { !wantsReady || $0.state == .ready }
            return try Answer.json(entries.map { IndexMessage($0) })
        }
        router.post("/v2/repository/models/:model/load") { request, context in
            // Files and configurations are the server's own: clients bring none.
            if let nested = try await parameters(request)["parameters"]?.dictionary, let key = nested.keys.first {
                throw ServingError.unsupported("parameter '\(key)': models are loaded as the server has them")
            }
            try await repository.load(context.part("model"))
            return Answer.done
        }
        router.post("/v2/repository/models/:model/unload") { request, context in
            _ = try await parameters(request)
            try await repository.unload(context.part("model"))
            return Answer.done
        }
    }

    private func parameters(_ request: Request) async throws -> ConfigDictionary { try await SmallBody.read(request, options) }
}

/// JSON objects of requests that are no inference.
enum SmallBody {
    /// The object in the body of `request`; an empty one for no body.
    static func read(_ request: Request, _ options: HTTPOptions) async throws -> ConfigDictionary {
        let body = try await BodyReader(limit: min(options.maxBodyBytes, 1 << 20), timeout: options.bodyTimeout).read(request)
        if body.count == 0 { return ConfigDictionary() }
        do {
            let value = try body.withBytes { (bytes) throws(CheckpointError) in try ConfigValue(json: bytes, file: "request") }
            guard let object = value.dictionary else { throw ServingError.request("the body must be a JSON object") }
            return object
        } catch let error as CheckpointError { throw ServingError.request(error.description) }
    }
}
