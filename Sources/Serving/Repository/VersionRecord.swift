/// What the repository knows of one version of a model.
struct VersionRecord {
    enum State {
        /// Read for the first time, or not yet.
        case loading
        case ready(any Served)
        /// Not in memory; a request loads it.
        case dormant
        case failed(ServingError)
        case unloaded
    }

    /// As it was last looked at.
    var file: ModelFile
    /// As it was last read, be it in vain.
    var read: ModelFile?
    var state = State.loading
    /// What else is to be said of it.
    var note = ""
    let statistics: StatisticsCounter
    /// As it was when it was last loaded.
    var description: ServedModelDescription?

    init(_ file: ModelFile) {
        self.file = file
        statistics = StatisticsCounter(file.model, version: "\(file.version)")
    }

    var served: (any Served)? { if case .ready(let served) = state { served } else { nil } }

    /// Whether a file that has changed is to be read.
    var isOutdated: Bool {
        switch state {
        case .unloaded, .dormant: false
        case .loading, .ready, .failed: read?.stamps != file.stamps && !file.stamps.isEmpty
        }
    }

    var place: RouteTable.Place {
        switch state {
        case .ready(let served): .ready(served)
        case .dormant: .dormant
        case .loading: .unavailable("it is being loaded")
        case .failed(let error): .unavailable(error.description)
        case .unloaded: .unavailable("it was unloaded")
        }
    }

    var entry: RepositoryEntry {
        let (name, version) = (file.model, "\(file.version)")
        let (state, reason): (RepositoryEntry.State, String) =
            switch self.state {
            case .ready, .dormant: (.ready, note)
            case .loading: (.loading, note)
            case .failed(let error): (.unavailable, error.description)
            case .unloaded: (.unavailable, "unloaded")
            }
        return RepositoryEntry(name: name, version: version, state: state, reason: reason)
    }
}
