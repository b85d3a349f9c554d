import Tessera

/// The models that a server has: loads, replaces, evicts and runs them.
package actor ModelRepository {
    /// Models, folder, bounds.
    nonisolated package let configuration: RepositoryConfiguration

    /// A repository that serves nothing until ``start()``.
    package init(_ configuration: RepositoryConfiguration) { self.configuration = configuration }

    /// Loads all models, as far as the memory budget reaches, and begins to look for changes of files. Returns when each model is ready or
    /// has failed.
    package func start() async {}

    /// Takes no more work, and waits for what is queued; what is not done at `deadline` is cancelled.
    package func drain(until deadline: ContinuousClock.Instant) async {}

    /// Every version of every model, by name and number.
    package func index() async -> [RepositoryEntry] { [] }

    /// Whether the model takes requests; nil for the version that serves.
    package func isReady(_ name: String, version: String? = nil) async -> Bool { false }

    /// Whether the repository was started, is not draining, and none of its models is being read for the first time.
    package var isReady: Bool { false }

    /// - Throws: ``ServingError``: `unknownModel`, `unknownVersion`, `notReady`.
    package func description(_ name: String, version: String? = nil) async throws(ServingError) -> ServedModelDescription {
        throw .unknownModel(name)
    }

    /// Reads the model's files, whether or not they changed; the old one serves meanwhile.
    /// - Throws: ``ServingError``: `unknownModel`, or why it could not be loaded.
    package func load(_ name: String) async throws(ServingError) { throw .unknownModel(name) }

    /// Takes the model out of service: what is queued is still answered.
    /// - Throws: ``ServingError``: `unknownModel`.
    package func unload(_ name: String) async throws(ServingError) { throw .unknownModel(name) }

    /// Runs a function. Cancelling the task takes the request from the queue or stops its run.
    /// - Throws: ``ServingError``.
    nonisolated package func infer(_ request: InferenceRequest) async throws(ServingError) -> InferenceResponse {
        throw .unknownModel(request.model)
    }

    /// Statistics by name and version; nil for all.
    /// - Throws: ``ServingError``: `unknownModel`, `unknownVersion`.
    package func statistics(_ name: String? = nil, version: String? = nil) async throws(ServingError) -> [ModelStatistics] { [] }

    /// The 4M bundle `name`; nil for the only one.
    /// - Throws: ``ServingError``.
    package func pipeline(_ name: String? = nil) async throws(ServingError) -> ServedPipeline {
        throw .unknownModel(name ?? "")
    }

    /// Looks at the files once, loads what changed, and returns when that is done; what ``RepositoryConfiguration/pollInterval`` repeats.
    package func poll() async {}
}
