import Tessera

/// A 4M bundle that is served: generations wait in a bounded queue, and run one after the other.
package final class ServedPipeline: Sendable {
    /// Name of the model.
    package let name: String
    /// Version that serves.
    package let version: String
    private let pipeline: GenerationPipeline

    init(_ name: String, version: String, _ pipeline: GenerationPipeline) {
        (self.name, self.version, self.pipeline) = (name, version, pipeline)
    }

    /// What it takes and gives.
    /// - Throws: ``ServingError``.
    package func modalities() async throws(ServingError) -> [Modality] {
        do { return try await pipeline.modalities() } catch { throw ServingError(error, model: name) }
    }

    /// Takes a place in the queue; the generation runs while its events are read. Leaving the loop over them, cancelling its task or passing the
    /// deadline gives the place back and stops the work between two steps of the model.
    /// - Throws: ``ServingError``: `queueFull`, `draining`.
    package func generate(
        _ request: GenerationRequest, deadline: ContinuousClock.Instant? = nil
    ) throws(ServingError) -> ServedGeneration {
        ServedGeneration(events: pipeline.generate(request))
    }
}

/// The events of one generation.
package struct ServedGeneration: AsyncSequence, Sendable {
    /// An event.
    package typealias Element = GenerationEvent
    /// What the loop over the events can throw.
    package typealias Failure = ServingError

    let events: GenerationEvents

    /// Starts to read the events; one iterator reads all of them.
    package func makeAsyncIterator() -> Iterator { Iterator(inner: events.makeAsyncIterator()) }

    /// Reads the events one by one.
    package struct Iterator: AsyncIteratorProtocol {
        var inner: GenerationEvents.Iterator

        /// The next event; nil at the end.
        /// - Throws: ``ServingError``.
        package mutating func next() async throws(ServingError) -> GenerationEvent? {
            do { return try await inner.next() } catch { throw ServingError(error, model: "") }
        }
    }
}
