import Synchronization

/// Samples that could not be read, decoded or masked while a training ran: how many, and the first of them by name.
package final class DamagedSamples: Sendable {
    package struct Sample: Sendable, Hashable {
        package let name, reason: String
    }

    private struct State {
        var names: Set<String> = []
        var first: [Sample] = []
        var count = 0
    }

    private let state = Mutex(State())

    /// Most that are remembered by name; of more only how often they came up is known.
    static let mostNames = 10_000
    private static let mostTold = 100

    package init() {}

    /// How many there are.
    package var count: Int { state.withLock { $0.count } }

    /// The first of them.
    package var samples: [Sample] { state.withLock { $0.first } }

    func add(_ name: String, _ error: any Error) {
        state.withLock { state in
            guard state.names.count >= DamagedSamples.mostNames || state.names.insert(name).inserted else { return }
            state.count += 1
            if state.first.count < DamagedSamples.mostTold { state.first.append(Sample(name: name, reason: "\(error)")) }
        }
    }
}
