import NIOCore
import Synchronization

/// Events on their way to a client, which reads them as slowly as it likes.
final class EventQueue: Sendable {
    /// Bytes that may wait before steps are left out.
    private static let most = 8 << 20

    /// The events in their order; for one reader, who tells of each by ``took(_:)``.
    let events: AsyncStream<ByteBuffer>
    private let source: AsyncStream<ByteBuffer>.Continuation
    private let waiting = Atomic<Int>(0)

    init() { (events, source) = AsyncStream<ByteBuffer>.makeStream() }

    /// Whether so much waits that what only tells how far the work is should be left out.
    var isFull: Bool { waiting.load(ordering: .relaxed) > EventQueue.most }

    func put(_ event: ByteBuffer) {
        waiting.wrappingAdd(event.readableBytes, ordering: .relaxed)
        source.yield(event)
    }

    func took(_ event: ByteBuffer) { waiting.wrappingSubtract(event.readableBytes, ordering: .relaxed) }

    func finish() { source.finish() }
}
