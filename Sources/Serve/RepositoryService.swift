import ServiceLifecycle
import Serving
import Tessera

/// Loads the models, says when they are ready and all interfaces listen, and drains them at the end.
struct RepositoryService: Service {
    let repository: ModelRepository
    /// Models that must be there: those of the command line.
    let names: [String]
    let drain: Duration
    let listening: Listening
    private let manager = ServiceManager()

    init(_ repository: ModelRepository, names: [String], drain: Duration, _ listening: Listening) {
        (self.repository, self.names, self.drain, self.listening) = (repository, names, drain, listening)
    }

    func run() async throws {
        // The end may come while models are read: those that are left are not begun then.
        await withGracefulShutdownHandler {
            await repository.start()
        } onGracefulShutdown: {
            Task { await repository.drain(until: .now + drain) }
        }
        if await !repository.isDraining { try await tellReady() }
        // Ends in a cancellation where the group ends before.
        try? await gracefulShutdown()
        manager.tell(.stopping)
        StandardError.say("ending: requests that are being answered are finished")
        await repository.drain(until: .now + drain)
    }

    /// - Throws: ``TesseraError`` for a model of the command line that cannot be served.
    private func tellReady() async throws {
        let index = await repository.index()
        for name in names {
            guard await !repository.isReady(name) else { continue }
            let reason = index.first { $0.name == name && !$0.reason.isEmpty }?.reason ?? "it is not there"
            throw TesseraError(.unreadable, "model '\(name)' cannot be served: \(reason)")
        }
        await cancelWhenGracefulShutdown { await listening.all() }
        try Task.checkCancellation()
        let ready = Set(index.filter { $0.state == .ready }.map(\.name)).count
        StandardError.say("ready: \(ready) \(ready == 1 ? "model" : "models")")
        manager.tell(.ready)
    }
}
