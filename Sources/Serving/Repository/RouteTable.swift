import Synchronization

/// Where requests go: read by every request without a hop to the repository, which writes it.
final class RouteTable: Sendable {
    /// What a version does with a request.
    enum Place: Sendable {
        case ready(any Served)
        /// Not in memory; a request loads it.
        case dormant
        case unavailable(String)
    }

    /// The versions of a model.
    struct Route: Sendable {
        var places: [Int: Place]
        /// The version that serves where none is asked for.
        var main: Int
    }

    private struct State {
        var routes: [String: Route] = [:]
        var isDraining = false
    }

    private let state = Mutex(State())
    private let turns = Atomic<UInt64>(0)

    /// Number of a request, larger than that of any before.
    func nextTurn() -> UInt64 { turns.wrappingAdd(1, ordering: .relaxed).newValue }

    func set(_ name: String, _ route: Route?) { state.withLock { $0.routes[name] = route } }

    func drain() { state.withLock { $0.isDraining = true } }

    /// - Throws: ``ServingError``: `draining`, `unknownModel`, `unknownVersion`.
    func find(_ name: String, _ version: String?) throws(ServingError) -> (version: Int, place: Place) {
        let found: Result<(version: Int, place: Place), ServingError> = state.withLock { state in
            if state.isDraining { return .failure(.draining) }
            guard let route = state.routes[name] else { return .failure(.unknownModel(name)) }
            let wanted = version.map { Int($0) } ?? route.main
            guard let wanted, let place = route.places[wanted] else {
                return .failure(.unknownVersion(model: name, version: version ?? ""))
            }
            return .success((wanted, place))
        }
        return try found.get()
    }
}
