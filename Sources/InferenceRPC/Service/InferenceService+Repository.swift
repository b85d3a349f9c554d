import GRPCCore
import Serving
import Tessera

extension InferenceService {
    func repositoryIndex(
        request: Inference_RepositoryIndexRequest, context: ServerContext
    ) async throws -> Inference_RepositoryIndexResponse {
        let entries = await repository.index().filter { !request.ready || $0.state == .ready }
        return .with {
            $0.models = entries.map { entry in
                .with { ($0.name, $0.version, $0.state, $0.reason) = (entry.name, entry.version, entry.state.rawValue, entry.reason) }
            }
        }
    }

    func repositoryModelLoad(
        request: Inference_RepositoryModelLoadRequest, context: ServerContext
    ) async throws -> Inference_RepositoryModelLoadResponse {
        for key in request.parameters.keys.sorted() where key == "config" || key.hasPrefix("file:") {
            throw TesseraError(.unsupported, "parameter '\(key)': models are loaded from the files of the server, as it was started to")
        }
        try await repository.load(request.modelName)
        return Inference_RepositoryModelLoadResponse()
    }

    func repositoryModelUnload(
        request: Inference_RepositoryModelUnloadRequest, context: ServerContext
    ) async throws -> Inference_RepositoryModelUnloadResponse {
        try await repository.unload(request.modelName)
        return Inference_RepositoryModelUnloadResponse()
    }
}
