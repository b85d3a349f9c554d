import FourMSampling
import IR
import Synchronization

/// In which order the samples of a data set come: all of them once in each epoch, in a random order that seed and epoch give.
///
/// Shards are put into a random order, and the samples of 16 shards in a row are mixed, so that few shards are open at a time.
final class SampleOrder: Sendable {
    struct Place: Sendable, Hashable {
        let part, sample: Int
    }

    /// Parts whose samples are mixed.
    static let partsOfGroup = 16

    /// Samples of an epoch.
    let count: Int
    private let counts: [Int]
    private let random: CounterRandom
    /// The epochs that were asked for last.
    private let epochs = Mutex<[Int: Epoch]>([:])

    /// Parts in the order of an epoch, and how many samples come before each group.
    private struct Epoch: Sendable {
        let parts: [Int]
        let starts: [Int]
    }

    init(_ counts: [Int], _ random: CounterRandom) {
        (self.counts, self.random) = (counts, random)
        count = counts.reduce(0, +)
    }

    /// Sample number `number` of the training, from 0 on; epochs follow one another.
    func place(_ number: Int) -> Place {
        guard count > 0 else { return Place(part: 0, sample: 0) }
        let (epoch, rest) = (number / count, number % count)
        let order = order(epoch)
        let group = SampleOrder.last(of: order.starts, upTo: rest)
        let parts = order.parts[group * SampleOrder.partsOfGroup..<min((group + 1) * SampleOrder.partsOfGroup, order.parts.count)]
        let end = group + 1 < order.starts.count ? order.starts[group + 1] : count
        let start = order.starts[group]
        let own = Permutation(end - start, random.substream(UInt64(epoch)).substream("samples").substream(UInt64(group)))
        return SampleOrder.place(own[rest - start], in: parts, counts)
    }

    /// Sample number `number` as they are kept.
    func plainPlace(_ number: Int) -> Place { SampleOrder.place(number, in: Array(counts.indices)[...], counts) }

    private static func place(_ number: Int, in parts: ArraySlice<Int>, _ counts: [Int]) -> Place {
        var left = number
        for part in parts {
            if left < counts[part] { return Place(part: part, sample: left) }
            left -= counts[part]
        }
        return Place(part: parts.last ?? 0, sample: 0)
    }

    private func order(_ epoch: Int) -> Epoch {
        if let kept = epochs.withLock({ $0[epoch] }) { return kept }
        let permutation = Permutation(counts.count, random.substream(UInt64(epoch)).substream("parts"))
        let parts = counts.indices.map { permutation[$0] }
        var (starts, sum) = ([Int](), 0)
        for (index, part) in parts.enumerated() {
            if index % SampleOrder.partsOfGroup == 0 { starts.append(sum) }
            sum += counts[part]
        }
        let made = Epoch(parts: parts, starts: starts)
        epochs.withLock { kept in
            if kept.count > 3 { kept.removeAll() }
            kept[epoch] = made
        }
        return made
    }

    /// The last index of sorted `starts` whose value is at most `value`.
    private static func last(of starts: [Int], upTo value: Int) -> Int {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= value { low = middle } else { high = middle }
        }
        return low
    }
}
