import NIOCore
import Synchronization

/// The clients of open connections.
enum Clients {
    private static let states = Mutex<[ObjectIdentifier: ClientState]>([:])

    /// The client of `channel`; nil for one that is not watched.
    static func state(of channel: any Channel) -> ClientState? { states.withLock { $0[ObjectIdentifier(channel)] } }

    static func add(_ state: ClientState, _ channel: any Channel) { states.withLock { $0[ObjectIdentifier(channel)] = state } }

    static func remove(_ channel: any Channel) { states.withLock { $0[ObjectIdentifier(channel)] = nil } }
}

/// Whether a client is still there, and what is to be done when it goes.
final class ClientState: Sendable {
    private struct State {
        var isGone = false
        var next = 0
        var handlers: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// Calls `handler` when the client goes, at once if it has gone.
    func onLeave(_ handler: @escaping @Sendable () -> Void) -> Int {
        let (number, isGone) = state.withLock { state in
            state.next += 1
            if !state.isGone { state.handlers[state.next] = handler }
            return (state.next, state.isGone)
        }
        if isGone { handler() }
        return number
    }

    /// The handler is not called any more, and does not run, when this returns.
    func forget(_ number: Int) { state.withLock { $0.handlers[number] = nil } }

    /// Calls the handlers under the lock, so that ``forget(_:)`` waits for them: they cancel tasks that may end meanwhile.
    func leave() {
        state.withLock { state in
            state.isGone = true
            for handler in state.handlers.values { handler() }
            state.handlers = [:]
        }
    }
}
