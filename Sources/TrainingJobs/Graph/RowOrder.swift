import IR
import Inspect
import Synchronization

/// Which samples a batch has: each epoch goes over all in an order of its own; what does not fill a batch at its end is left out.
struct RowOrder: Sendable {
    /// Samples of the data, of a batch of all processes, and of one.
    let count, total, batch: Int
    let rank: Int
    private let random: CounterRandom
    private let latest = LatestOrder()

    /// Batches of an epoch.
    var batchesPerEpoch: Int { count / total }

    /// - Throws: ``WorkError`` where there are fewer samples than a batch has.
    init(count: Int, batch: Int, ranks: Int, rank: Int, seed: UInt64) throws {
        let (total, isTooLarge) = batch.multipliedReportingOverflow(by: ranks)
        guard !isTooLarge, total <= count else {
            throw WorkError(
                "a batch of \(batch) samples\(ranks > 1 ? " in each of \(ranks) processes" : "") is more than the \(count) there are")
        }
        (self.count, self.total, self.batch, self.rank) = (count, total, batch, rank)
        random = CounterRandom(seed: seed, stream: RowOrder.stream)
    }

    /// The samples of batch `step`: a pure function of seed, step and rank.
    func rows(_ step: Int) -> [Int] {
        let (epoch, place) = step.quotientAndRemainder(dividingBy: batchesPerEpoch)
        let order = latest.order(epoch) { random.substream(UInt64(epoch)).permutation(count) }
        let start = place * total + rank * batch
        return Array(order[start..<start + batch])
    }

    private static let stream: UInt64 = 0x726f_7773
}

/// The order of the epoch that was asked for last: making one takes as long as there are samples.
private final class LatestOrder: Sendable {
    private let held = Mutex<(epoch: Int, order: [Int])?>(nil)

    func order(_ epoch: Int, _ make: () -> [Int]) -> [Int] {
        held.withLock { held in
            if let held, held.epoch == epoch { return held.order }
            let order = make()
            held = (epoch, order)
            return order
        }
    }
}
