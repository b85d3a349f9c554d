import Foundation
import ServiceLifecycle
import Serving
import Tessera

/// Loads the models, says when they are ready, and drains them at the end.
struct RepositoryService: Service {
    let repository: ModelRepository
    /// Models that must be there: those of the command line.
    let names: [String]
    let drain: Duration

    func run() async throws {
        await repository.start()
        let index = await repository.index()
        for name in names {
            guard await !repository.isReady(name) else { continue }
            let reason = index.first { $0.name == name && !$0.reason.isEmpty }?.reason ?? "it is not there"
            throw TesseraError(.unreadable, "model '\(name)' cannot be served: \(reason)")
        }
        let ready = Set(index.filter { $0.state == .ready }.map(\.name)).count
        Terminal.say("ready: \(ready) \(ready == 1 ? "model" : "models")")
        // Ends in a cancellation where the group ends before.
        try? await gracefulShutdown()
        Terminal.say("ending: requests that are being answered are finished")
        await repository.drain(until: .now + drain)
    }
}

/// Lines for whoever started the program.
enum Terminal {
    static func say(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data("tessera-serve: \(text)\n".utf8)) }
}
