import IR
import Synchronization

/// Which data set each sample comes from, and which of its samples that is, in order.
///
/// In each block of 4096 samples a data set has a fixed number by its weight, in a random order: the sample at a position is known without looking at
/// those before it, and weights hold to 1/4096. (The reference draws each sample's set for itself.)
final class DatasetMixture: Sendable {
    static let block = 4096

    private let quotas: [Int]
    private let random: CounterRandom
    /// The blocks that were asked for last.
    private let blocks = Mutex<[Int: [Slot]]>([:])

    private struct Slot: Sendable {
        let dataset: Int
        /// Slots of the block before it with the same data set.
        let before: Int
    }

    /// - Parameter weights: from 0 on, one above 0; at most as many as a block.
    init(_ weights: [Double], _ random: CounterRandom) {
        self.random = random
        quotas = DatasetMixture.quotas(weights)
    }

    /// Largest remainders; each weight above 0 has one at least.
    private static func quotas(_ weights: [Double]) -> [Int] {
        let sum = weights.reduce(0, +)
        let exact = weights.map { $0 / sum * Double(block) }
        var quotas = exact.map { $0 > 0 ? max(Int($0), 1) : 0 }
        let order = exact.indices.filter { exact[$0] > 0 }.sorted {
            (exact[$0] - Double(quotas[$0]), $1) > (exact[$1] - Double(quotas[$1]), $0)
        }
        var (left, index) = (block - quotas.reduce(0, +), 0)
        while left > 0, !order.isEmpty {
            quotas[order[index % order.count]] += 1
            (left, index) = (left - 1, index + 1)
        }
        while left < 0, let largest = quotas.indices.max(by: { quotas[$0] < quotas[$1] }) {
            quotas[largest] -= 1
            left += 1
        }
        return quotas
    }

    /// The data set of the sample at `position`, and how many of its samples come before.
    func pick(_ position: Int) -> (dataset: Int, number: Int) {
        if let only = quotas.firstIndex(of: DatasetMixture.block) { return (only, position) }
        let block = position / DatasetMixture.block
        let slot = slots(block)[position % DatasetMixture.block]
        return (slot.dataset, block * quotas[slot.dataset] + slot.before)
    }

    private func slots(_ block: Int) -> [Slot] {
        if let kept = blocks.withLock({ $0[block] }) { return kept }
        let datasets = quotas.enumerated().flatMap { [Int](repeating: $0, count: $1) }
        var seen = quotas.map { _ in 0 }
        let made = random.substream(UInt64(block)).permutation(DatasetMixture.block).map { place in
            let dataset = datasets[place]
            defer { seen[dataset] += 1 }
            return Slot(dataset: dataset, before: seen[dataset])
        }
        blocks.withLock { kept in
            if kept.count > 3 { kept.removeAll() }
            kept[block] = made
        }
        return made
    }
}
