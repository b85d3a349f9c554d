import Tessera

/// The models that a server has: loads, replaces, evicts and runs them.
///
/// Requests find their model in a table that the repository writes, and wait in its queue: the repository itself is asked only where a model
/// must be read first.
package actor ModelRepository {
    /// Models, folder, bounds.
    nonisolated package let configuration: RepositoryConfiguration
    nonisolated let routes = RouteTable()
    let loader = ModelLoader()
    var records: [String: [Int: VersionRecord]] = [:]
    /// Files that are being read, by model and version.
    var reads: [Key: (number: Int, task: Task<ServingError?, Never>)] = [:]
    var reading = 0
    /// Requests that wait for an evicted model, by model and version, and by number; an entry for each that is being read for them.
    var wakers: [Key: [Int: Waker]] = [:]
    var waking = 0
    /// Why the folder of models could not be read when it was last looked at.
    var folderFault: String?
    private var isStarted = false
    /// Whether it takes no more work.
    package private(set) var isDraining = false
    private var poller: Task<Void, Never>?

    /// A version of a model.
    struct Key: Hashable {
        let model: String
        let version: Int
    }

    /// A repository that serves nothing until ``start()``.
    package init(_ configuration: RepositoryConfiguration) { self.configuration = configuration }

    deinit { poller?.cancel() }

    /// Loads all models, as far as the memory budget reaches, and begins to look for changes of files. Returns when each model is ready or
    /// has failed.
    package func start() async {
        await look(fills: true)
        isStarted = true
        guard let interval = configuration.pollInterval, poller == nil, !isDraining else { return }
        poller = Task { [weak self] in
            while (try? await Task.sleep(for: interval)) != nil {
                guard let self else { return }
                await self.poll()
            }
        }
    }

    /// Looks at the files once, loads what changed, and returns when that is done; what ``RepositoryConfiguration/pollInterval`` repeats.
    package func poll() async { if !isDraining { await look(fills: false) } }

    /// Takes no more work, and waits for what is queued; what is not done at `deadline` is cancelled.
    package func drain(until deadline: ContinuousClock.Instant) async {
        isDraining = true
        poller?.cancel()
        routes.drain()
        let all = records.values.flatMap { $0.values.compactMap(\.served) }
        for served in all { served.close(isDraining: true) }
        let watch = Task {
            guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
            for served in all { served.giveUpAll(.draining) }
        }
        for served in all { await served.ended() }
        watch.cancel()
    }

    /// Every version of every model, by name and number.
    package func index() async -> [RepositoryEntry] { sorted.map(\.entry) }

    /// Whether the model takes requests; nil for the version that serves.
    package func isReady(_ name: String, version: String? = nil) async -> Bool {
        guard let found = try? routes.find(name, version) else { return false }
        if case .unavailable = found.place { return false }
        return true
    }

    /// Whether the repository was started, is not draining, and none of its models is being read for the first time.
    package var isReady: Bool {
        isStarted && !isDraining
            && !sorted.contains {
                if case .loading = $0.state { return true }
                return false
            }
    }

    /// What the model takes and gives. One that was evicted before it was ever described is loaded.
    /// - Throws: ``ServingError``: `unknownModel`, `unknownVersion`, `notReady`, or why it could not be loaded.
    package func description(_ name: String, version: String? = nil) async throws(ServingError) -> ServedModelDescription {
        let found = try routes.find(name, version)
        let key = Key(model: name, version: found.version)
        if case .unavailable(let reason) = found.place { throw .notReady(model: name, reason: reason) }
        if record(key)?.isDescribed == false { _ = try await wake(key) }
        guard var made = record(key)?.description else { throw .unknownModel(name) }
        made.versions = (records[name] ?? [:]).values.filter { $0.entry.state == .ready }.map(\.file.version).sorted().map { "\($0)" }
        made.bytes = record(key)?.served?.bytes ?? 0
        if let model = record(key)?.served as? ServedModel { made.functions = model.described }
        return made
    }

    /// Statistics by name and version; nil for all.
    /// - Throws: ``ServingError``: `unknownModel`, `unknownVersion`.
    package func statistics(_ name: String? = nil, version: String? = nil) async throws(ServingError) -> [ModelStatistics] {
        if let name, records[name] == nil { throw .unknownModel(name) }
        let found = sorted.filter { (name ?? $0.file.model) == $0.file.model && (version ?? "\($0.file.version)") == "\($0.file.version)" }
        if let name, let version, found.isEmpty { throw .unknownVersion(model: name, version: version) }
        return found.map { record in
            var made = record.statistics.statistics
            if let served = record.served {
                (made.waiting, made.running) = served.load
                made.bytes = served.bytes
            }
            return made
        }
    }

    var sorted: [VersionRecord] {
        records.values.flatMap(\.values).sorted { ($0.file.model, $0.file.version) < ($1.file.model, $1.file.version) }
    }

    func record(_ key: Key) -> VersionRecord? { records[key.model]?[key.version] }

    func settings(_ name: String) -> ModelSettings {
        configuration.models.first { $0.name == name }?.settings ?? configuration.settingsByName[name] ?? configuration.settings
    }

    func tell(_ kind: RepositoryEvent.Kind, _ key: Key, _ detail: String = "") {
        configuration.log(RepositoryEvent(kind: kind, model: key.model, version: "\(key.version)", detail: detail))
    }

    /// Changes a record, and where its requests go.
    func update(_ key: Key, _ change: (inout VersionRecord) -> Void) {
        guard var record = record(key) else { return }
        change(&record)
        records[key.model]?[key.version] = record
        publish(key.model)
    }

    /// Tells requests what the records say of `model`.
    func publish(_ model: String) {
        guard let versions = records[model], let highest = versions.keys.max() else {
            records[model] = nil
            return routes.set(model, nil)
        }
        let places = versions.mapValues(\.place)
        let able = places.filter { if case .unavailable = $0.value { false } else { true } }
        routes.set(model, RouteTable.Route(places: places, main: able.keys.max() ?? highest))
    }
}
