import Collectives
import IR
import Runtime

/// Sums of gradients over the processes of a group, computed by the group's thread while the backward pass goes on.
///
/// Gradients travel in buckets of some megabytes, each as soon as all in it are complete and those before it are on their way. What a bucket
/// holds goes by the order in which rank 0 completed them in the first update, so that all processes send the same; which bits come out depends
/// neither on that nor on timing.
package final class GroupExchange: GradientExchange {
    private let group: ProcessGroup
    /// Bytes from which on a bucket goes.
    private let bucketBytes: Int
    /// What is told of a bucket, in order; empty during the first update.
    private var buckets: [[String]] = []
    /// Gradients that are complete and wait for others of their bucket.
    private var complete: [String: StateTensor] = [:]
    /// Keys and bytes of this update, in the order in which they were completed.
    private var order: [(key: String, bytes: Int)] = []
    private var pending: [PendingExchange] = []
    private var begun = 0

    package init(_ group: ProcessGroup, bucketBytes: Int = 4 << 20) {
        (self.group, self.bucketBytes) = (group, max(bucketBytes, 1))
    }

    package var scale: Double { 1 / Double(group.size) }

    package func isComplete(_ key: String, _ gradient: StateTensor) throws {
        guard gradient.dtype == .f32, let view = gradient.view else { throw TrainingError("the gradient of '\(key)' is not f32") }
        complete[key] = gradient
        order.append((key, view.bytes.count))
        while begun < buckets.count, buckets[begun].allSatisfy({ complete[$0] != nil }) {
            begin(buckets[begun])
            begun += 1
        }
    }

    private func begin(_ keys: [String]) {
        let slices = keys.compactMap { complete.removeValue(forKey: $0)?.view?.bytes }
        pending.append(group.beginSum(slices))
    }

    package func finish(_ present: Set<String>) throws -> Set<String> {
        if !complete.isEmpty { begin(complete.keys.sorted()) }
        for exchange in pending { try exchange.wait() }
        if buckets.isEmpty { buckets = try agreedBuckets() }
        let keys = order.map(\.key).sorted()
        (pending, order, begun) = ([], [], 0)
        let own = keys.map { UInt8(present.contains($0) ? 1 : 0) }
        let all = try group.gather(bytes: own)
        return Set(keys.indices.filter { index in all.contains { $0[index] != 0 } }.map { keys[$0] })
    }

    /// Buckets in the order of rank 0.
    private func agreedBuckets() throws -> [[String]] {
        let places = Dictionary(order.map(\.key).sorted().enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let own = order.map { Double(places[$0.key] ?? 0) }
        let keys = places.sorted { $0.value < $1.value }.map(\.key)
        let bytes = Dictionary(order.map { ($0.key, $0.bytes) }, uniquingKeysWith: { first, _ in first })
        let first = try group.gather(own)[0].compactMap { keys.indices.contains(Int($0)) ? keys[Int($0)] : nil }
        var made: [[String]] = [[]]
        var size = 0
        for key in first {
            if size >= bucketBytes {
                made.append([])
                size = 0
            }
            made[made.count - 1].append(key)
            size += bytes[key] ?? 0
        }
        return made
    }
}
