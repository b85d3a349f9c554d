import Synchronization
import Tessera

/// A 4M bundle that is served: generations wait in a bounded queue, and run one after the other.
package final class ServedPipeline: Sendable {
    /// Name of the model.
    package let name: String
    /// Version that serves.
    package let version: String
    private let pipeline: GenerationPipeline
    private let gate: GenerationGate
    private let size: Int
    private let turn = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - limit: most generations that wait.
    ///   - bytes: of its files.
    init(_ name: String, version: String, _ pipeline: GenerationPipeline, limit: Int, bytes: Int, _ statistics: StatisticsCounter) {
        (self.name, self.version, self.pipeline, size) = (name, version, pipeline, bytes)
        gate = GenerationGate(name, limit: limit, statistics)
    }

    /// What it takes and gives.
    /// - Throws: ``ServingError``.
    package func modalities() async throws(ServingError) -> [Modality] {
        do { return try await pipeline.modalities() } catch { throw ServingError(error, model: name) }
    }

    /// Takes a place in the queue, and generates when it is its turn. Leaving the loop over the events, cancelling its task or passing the
    /// deadline gives the place back, and stops the work between two steps of the model.
    /// - Throws: ``ServingError``: `queueFull`, `draining`, `deadlineExceeded`.
    package func generate(
        _ request: GenerationRequest, deadline: ContinuousClock.Instant? = nil
    ) throws(ServingError) -> ServedGeneration {
        let token = CancellationToken()
        let number = try gate.enter(token, deadline)
        let (stream, continuation) = AsyncThrowingStream<GenerationEvent, any Error>.makeStream()
        let watch = deadline.map { deadline in
            Task { [gate, name] in
                guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
                gate.giveUp(number, .deadlineExceeded(model: name))
            }
        }
        let task = Task.detached { [self] in
            let error = await run(request, number, token) { continuation.yield($0) }
            watch?.cancel()
            gate.leave(number, error)
            continuation.finish(throwing: error)
        }
        continuation.onTermination = { _ in task.cancel() }
        return ServedGeneration(model: name, stream: stream)
    }

    /// Generates when it is the turn of `number`.
    /// - Returns: why it ended early.
    private func run(
        _ request: GenerationRequest, _ number: Int, _ token: CancellationToken, _ tell: (GenerationEvent) -> Void
    ) async -> ServingError? {
        if let fault = await gate.turn(number) { return fault }
        do {
            for try await event in pipeline.generate(request, cancellation: token) { tell(event) }
            return nil
        } catch { return gate.fault(number) ?? ServingError(error, model: name) }
    }
}

extension ServedPipeline: Served {
    var bytes: Int { size }

    var load: (waiting: Int, running: Int) { gate.load }

    var lastTurn: UInt64 { turn.load(ordering: .relaxed) }

    func touch(_ now: UInt64) { turn.store(now, ordering: .relaxed) }

    /// One that was replaced still serves those who hold it, and goes with the last of them.
    func close(isDraining: Bool) { if isDraining { gate.close() } }

    func ended() async { await gate.ended() }

    func giveUpAll(_ error: ServingError) { gate.giveUpAll(error) }
}
