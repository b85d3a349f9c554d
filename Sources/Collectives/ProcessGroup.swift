import IR

/// The processes that train one model together. All call the same functions in the same order.
///
/// Messages are the business of a thread of the group's own, so that sums come about while the caller computes.
package final class ProcessGroup: Sendable {
    /// The number of this process among `size`, from 0.
    package let rank: Int
    package let size: Int
    /// The machines that the processes run on, by rank.
    package let hosts: [String]
    private let worker: GroupWorker?

    /// A process by itself.
    package static let single = ProcessGroup()

    private init() { (rank, size, hosts, worker) = (0, 1, ["this machine"], nil) }

    /// For how long nothing may be heard of a process before it counts as lost.
    package static let silence = Duration.seconds(20)

    /// Joins the job whose messages `transport` carries; it is made and called on the group's thread.
    /// - Parameter lost: called on the group's thread when a process is lost or messages fail, as nothing can go on then.
    /// - Throws: what `transport` throws, and ``ProcessGroupError``.
    package init(
        silence: Duration = silence, lost: @escaping @Sendable (ProcessGroupError) -> Void = { _ in },
        _ transport: @escaping @Sendable () throws -> any MessageTransport
    ) throws {
        let worker = GroupWorker(silence: silence, lost: lost, transport)
        let joined = try worker.join()
        (rank, size, hosts, self.worker) = (joined.rank, joined.hosts.count, joined.hosts, worker)
    }

    /// Begins to replace f32 numbers by their sums over all processes, times `scale`. The bits are the same in all processes, and the same again
    /// for the same number of processes, however the numbers are divided among calls. Their memory is the group's until
    /// ``PendingExchange/wait()``.
    package func beginSum(_ values: [ByteSlice], scale: Float = 1) -> PendingExchange {
        guard let worker else {
            for slice in values { ProcessGroup.multiply(slice, by: scale) }
            return PendingExchange()
        }
        return worker.submit { try $0.sum(values.map { ProcessGroup.numbers($0) }, scale: scale) }
    }

    /// Replaces the content by that of rank 0.
    package func broadcast(_ bytes: ByteSlice) throws {
        let target = UnsafeMutableRawBufferPointer(start: bytes.owner.pointer + bytes.offset, count: bytes.count)
        nonisolated(unsafe) let memory = target
        try worker?.submit { try $0.broadcast(memory) }.wait()
    }

    /// The numbers of all processes, by rank; each gives as many.
    package func gather(_ numbers: [Double]) throws -> [[Double]] {
        let bytes = numbers.flatMap { number in withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) } }
        return try gather(bytes: bytes).map { own in
            numbers.indices.map { Double(bitPattern: ProcessGroup.word(own, $0)) }
        }
    }

    /// The bytes of all processes, by rank; each gives as many.
    package func gather(bytes: [UInt8]) throws -> [[UInt8]] {
        guard let worker else { return [bytes] }
        let result = Gathered()
        try worker.submit { result.parts = try $0.gather(bytes) }.wait()
        return result.parts
    }

    /// Returns when all processes have come here.
    package func barrier() throws { _ = try gather(bytes: []) }

    /// Leaves the job after all that was asked for, as all its processes must.
    package func leave() throws { try worker?.leave() }

    /// Written by the group's thread, read after it is done.
    private final class Gathered: @unchecked Sendable { var parts: [[UInt8]] = [] }

    private static func word(_ bytes: [UInt8], _ index: Int) -> UInt64 {
        bytes[index * 8..<index * 8 + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func numbers(_ slice: ByteSlice) -> UnsafeMutableBufferPointer<Float> {
        let start = (slice.owner.pointer + slice.offset).assumingMemoryBound(to: Float.self)
        return UnsafeMutableBufferPointer(start: start, count: slice.count / 4)
    }

    private static func multiply(_ slice: ByteSlice, by scale: Float) {
        guard scale != 1 else { return }
        let values = numbers(slice)
        for index in values.indices { values[index] *= scale }
    }
}
