import Files
import Tessera

/// How one model is compiled and run.
package struct ModelSettings: Sendable {
    /// Whether requests are computed together.
    package enum Batching: String, Sendable, CaseIterable {
        /// Where rows keep their bits next to others: each combination of sizes is also computed one by one when it first comes, and a
        /// function that gives other bits then is not joined again.
        case automatic = "auto"
        /// Never.
        case off
        /// Wherever inputs and outputs share their first size, without a try: for models that are known to keep rows apart.
        case always
    }

    /// How a model is made ready; compiled files keep what they were compiled with.
    package var options = CompileOptions()
    /// Whether requests are computed together.
    package var batching = Batching.automatic
    /// Most rows that are computed together.
    package var maxBatch = 8
    /// How long the first request of a batch waits for others. 0 computes at once what is there; requests that come meanwhile form the next
    /// batch.
    package var maxDelay = Duration.zero
    /// Most requests that wait; one more is refused.
    package var maxQueue = 128
    /// Sessions that run side by side, each with its own working memory.
    package var sessions = 1
    /// Threads of each session; nil for an equal share of the cores granted to the process.
    package var threads: Int?

    /// The defaults: one session on all cores, up to 8 rows at once, no waiting for others, 128 in the queue.
    package init() {}
}

/// A model to serve.
package struct ModelConfiguration: Sendable {
    /// What requests call it.
    package var name: String
    /// File, folder, bundle or name of a Hub repository in the cache.
    package var path: String
    /// In place of ``RepositoryConfiguration/settings``; nil for these.
    package var settings: ModelSettings?

    /// The model at `path` under `name`.
    package init(_ name: String, path: String, settings: ModelSettings? = nil) {
        (self.name, self.path, self.settings) = (name, path, settings)
    }

    /// What the model at `path` is called where nothing else is said: the last part without the ending of a model's file.
    package static func name(of path: String) -> String {
        let (name, suffix) = (FilePath.name(of: path), FilePath.suffix(of: path))
        let isOfModels = FolderScan.suffixes.contains(suffix) && name.count > suffix.count + 1
        return isOfModels ? String(name.dropLast(suffix.count + 1)) : name
    }
}

/// What is served, and within which bounds.
package struct RepositoryConfiguration: Sendable {
    /// Models by name.
    package var models: [ModelConfiguration] = []
    /// A folder of further models (`FolderScan`).
    package var folder: String?
    /// Of all models that have none of their own.
    package var settings = ModelSettings()
    /// Of models of the folder, by name.
    package var settingsByName: [String: ModelSettings] = [:]
    /// Most bytes of weights and working memory of all models together; nil for no bound. Models that were used least recently make room.
    package var memoryBudget: Int?
    /// How often files are looked at for changes; nil for never.
    package var pollInterval: Duration? = .seconds(2)
    /// Told what happens to models, in order, on the repository's executor: must be quick.
    package var log: @Sendable (RepositoryEvent) -> Void = { _ in }
    /// Places where tests hold the work.
    package var hooks = ServingHooks()

    /// Nothing to serve.
    package init() {}
}

/// What happened to a model.
package struct RepositoryEvent: Sendable, Equatable, CustomStringConvertible {
    /// Kinds of events.
    package enum Kind: String, Sendable {
        /// It is being read.
        case loading
        /// It serves, in place of an older one if there was one.
        case loaded
        /// It could not be loaded; of the folder of models, named in place of a model, that it cannot be read.
        case failed
        /// It was unloaded on request, or its file is gone.
        case unloaded
        /// It made room for others, and loads again at the next request.
        case evicted
    }

    /// What happened.
    package let kind: Kind
    /// Name of the model.
    package let model: String
    /// Its version.
    package let version: String
    /// Details for people; empty if there are none.
    package let detail: String

    /// `model mnist 1: loaded (12 MB)`.
    package var description: String {
        "model \(model)\(version.isEmpty ? "" : " \(version)"): \(kind.rawValue)\(detail.isEmpty ? "" : " (\(detail))")"
    }
}

/// Places where tests hold the work or look at it; called on the threads that compute.
package struct ServingHooks: Sendable {
    /// Before a batch runs: name of the model and number of requests.
    package var willRun: (@Sendable (_ model: String, _ requests: Int) -> Void)?
    /// After each step of a run: name of the model.
    package var didStep: (@Sendable (_ model: String) -> Void)?
    /// Before a file is read: its path.
    package var willLoad: (@Sendable (_ path: String) -> Void)?

    /// None.
    package init() {}
}
