/// The events of one generation, which runs while they are read. Leaving the loop, or cancelling its task, stops the generation.
public struct GenerationEvents: AsyncSequence, Sendable {
    /// An event.
    public typealias Element = GenerationEvent
    /// What the loop over the events can throw.
    public typealias Failure = TesseraError

    let stream: AsyncThrowingStream<GenerationEvent, any Error>

    /// Starts to read the events; one iterator reads all of them.
    public func makeAsyncIterator() -> Iterator { Iterator(inner: stream.makeAsyncIterator()) }

    /// Reads the events one by one.
    public struct Iterator: AsyncIteratorProtocol {
        var inner: AsyncThrowingStream<GenerationEvent, any Error>.Iterator

        /// - Throws: ``TesseraError``; of category `cancelled` if the task or the token was cancelled.
        public mutating func next() async throws(TesseraError) -> GenerationEvent? {
            do {
                if let event = try await inner.next() { return event }
            } catch { throw TesseraError(error) }
            // A stream simply ends for a task that is cancelled.
            if Task.isCancelled { throw TesseraError(.cancelled, "stopped") }
            return nil
        }
    }
}
