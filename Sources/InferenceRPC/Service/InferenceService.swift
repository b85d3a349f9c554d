import GRPCCore
import OpenInference
import ServerTraces
import Serving
import Tessera

/// The methods of the Open Inference Protocol over a repository of models. What Triton's clients call beyond it is answered as well, as far
/// as there is something true to say.
struct InferenceService: Inference_GRPCInferenceService.SimpleServiceProtocol {
    /// Models that are served.
    let repository: ModelRepository
    /// Regions of shared memory; nil where none are used.
    let regions: SharedMemoryTable?
    /// What the server logs.
    let log: LogSettings
    /// Whether calls are traced.
    var isTraced = false
    /// Most requests of one stream that are not answered yet.
    let streamWindow: Int

    /// Version of the server.
    let version: String

    func serverLive(request: Inference_ServerLiveRequest, context: ServerContext) async throws -> Inference_ServerLiveResponse {
        .with { $0.live = true }
    }

    func serverReady(request: Inference_ServerReadyRequest, context: ServerContext) async throws -> Inference_ServerReadyResponse {
        let isReady = await repository.isReady
        return .with { $0.ready = isReady }
    }

    func modelReady(request: Inference_ModelReadyRequest, context: ServerContext) async throws -> Inference_ModelReadyResponse {
        let isReady = await repository.isReady(request.name, version: request.version.nonEmpty)
        return .with { $0.ready = isReady }
    }

    func serverMetadata(
        request: Inference_ServerMetadataRequest, context: ServerContext
    ) async throws -> Inference_ServerMetadataResponse {
        let server = ServerMetadata(version: version)
        // Raw bytes beside JSON are of HTTP alone.
        let known = server.extensions.filter { $0 != "binary_tensor_data" && (regions != nil || $0 != "system_shared_memory") }
        return .with { ($0.name, $0.version, $0.extensions) = (server.name, server.version, known + ["logging"]) }
    }

    func modelMetadata(
        request: Inference_ModelMetadataRequest, context: ServerContext
    ) async throws -> Inference_ModelMetadataResponse {
        let model = try await repository.description(request.name, version: request.version.nonEmpty)
        return Inference_ModelMetadataResponse(try ModelMetadata(model))
    }

    func modelConfig(request: Inference_ModelConfigRequest, context: ServerContext) async throws -> Inference_ModelConfigResponse {
        let model = try await repository.description(request.name, version: request.version.nonEmpty)
        return .with { $0.config = Inference_ModelConfig(ModelConfigurationMessage(model)) }
    }

    func modelStatistics(
        request: Inference_ModelStatisticsRequest, context: ServerContext
    ) async throws -> Inference_ModelStatisticsResponse {
        Inference_ModelStatisticsResponse(try await repository.statistics(request.name.nonEmpty, version: request.version.nonEmpty))
    }

    func modelInfer(request: Inference_ModelInferRequest, context: ServerContext) async throws -> Inference_ModelInferResponse {
        let deadline = CallContext.deadline
        return try await CallContext.stopping { try await infer(request, deadline) }
    }

    /// Answers one request.
    /// - Throws: ``ServingError`` or ``TesseraError``.
    func infer(
        _ message: Inference_ModelInferRequest, _ deadline: ContinuousClock.Instant?
    ) async throws -> Inference_ModelInferResponse {
        let call = try InferCall(message, SharedPlaces(regions: regions), deadline: deadline)
        do throws(ServingError) {
            let response = try await repository.traced(call.request)
            do throws(TesseraError) { return try call.message(response) } catch { throw ServingError.failed(error) }
        } catch { throw CallContext.judged(error, call.request.deadline) }
    }
}

extension String {
    /// The text; nil if it is empty, which in messages stands for what was not said.
    var nonEmpty: String? { isEmpty ? nil : self }
}
