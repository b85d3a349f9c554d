import Tessera

extension ModelRepository {
    /// Runs a function. Cancelling the task takes the request from the queue or stops its run.
    /// - Throws: ``ServingError``.
    nonisolated package func infer(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse {
        let arrival = ContinuousClock.now
        while true {
            let model = try await model(for: request)
            let call = try model.call(request, arrival: arrival)
            switch await model.queue.run(call) {
            case .computed(let outputs, let queueTime, let computeTime, let rows):
                return model.response(request, call, outputs, queueTime: queueTime, computeTime: computeTime, rows: rows)
            case .failed(let error): throw error
            // Replaced or evicted between finding it and asking it: there is another, or a reason why there is none.
            case .moved: continue
            }
        }
    }

    nonisolated private func model(for request: InferenceRequest) async throws(ServingError) -> ServedModel {
        let served = try await served(request.model, request.version, request.deadline)
        guard let model = served as? ServedModel else {
            throw .failed(TesseraError(.usage, "'\(request.model)' is a 4M pipeline: it generates, and has no functions to call"))
        }
        model.touch(routes.nextTurn())
        return model
    }

    nonisolated private func served(
        _ name: String, _ version: String?, _ deadline: ContinuousClock.Instant?
    ) async throws(ServingError) -> any Served {
        let found = try routes.find(name, version)
        switch found.place {
        case .ready(let served): return served
        case .dormant: return try await wake(Key(model: name, version: found.version), until: deadline)
        case .unavailable(let reason): throw .notReady(model: name, reason: reason)
        }
    }

    /// The 4M bundle `name`; nil for the only one.
    /// - Parameter deadline: how long to wait for one that must be loaded again; cancelling the task ends the waiting as well.
    /// - Throws: ``ServingError``.
    package func pipeline(
        _ name: String? = nil, until deadline: ContinuousClock.Instant? = nil
    ) async throws(ServingError) -> ServedPipeline {
        let wanted: String
        if let name { wanted = name } else { wanted = try onlyPipeline() }
        guard let pipeline = try await served(wanted, nil, deadline) as? ServedPipeline else {
            throw .failed(TesseraError(.usage, "'\(wanted)' is no 4M pipeline: call its functions"))
        }
        pipeline.touch(routes.nextTurn())
        return pipeline
    }

    private func onlyPipeline() throws(ServingError) -> String {
        let names = Set(sorted.filter { $0.description?.kind == .pipeline || $0.served is ServedPipeline }.map(\.file.model)).sorted()
        if names.count == 1 { return names[0] }
        let text =
            names.isEmpty ? "no 4M pipeline is served" : "several pipelines are served; name one of: \(names.joined(separator: ", "))"
        throw .failed(TesseraError(names.isEmpty ? .notFound : .usage, text))
    }
}
