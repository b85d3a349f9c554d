import Tessera

/// The events of one generation. Leaving the loop over them, or cancelling its task, stops the generation.
package struct ServedGeneration: AsyncSequence, Sendable {
    /// An event.
    package typealias Element = GenerationEvent
    /// What the loop over the events can throw.
    package typealias Failure = ServingError

    let model: String
    let stream: AsyncThrowingStream<GenerationEvent, any Error>

    /// Starts to read the events; one iterator reads all of them.
    package func makeAsyncIterator() -> Iterator { Iterator(model: model, inner: stream.makeAsyncIterator()) }

    /// Reads the events one by one.
    package struct Iterator: AsyncIteratorProtocol {
        let model: String
        var inner: AsyncThrowingStream<GenerationEvent, any Error>.Iterator

        /// The next event; nil at the end.
        /// - Throws: ``ServingError``.
        package mutating func next() async throws(ServingError) -> GenerationEvent? {
            do {
                if let event = try await inner.next() { return event }
            } catch { throw ServingError(error, model: model) }
            // A stream simply ends for a task that is cancelled.
            if Task.isCancelled { throw .cancelled(model: model) }
            return nil
        }
    }
}
