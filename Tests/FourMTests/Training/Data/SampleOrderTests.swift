import IR
import Testing

@testable import FourMData

struct SampleOrderTests {
    @Test func aPermutationHasEachNumberOnce() {
        for count in [1, 2, 3, 7, 64, 1000, 4097] {
            let made = Permutation(count, CounterRandom(seed: 5))
            let order = (0..<count).map { made[$0] }
            #expect(order.sorted() == Array(0..<count))
            if count > 60 { #expect(order != Array(0..<count)) }
        }
        // Places are spread evenly: the mean distance from where they were is a third of the whole.
        let made = Permutation(3000, CounterRandom(seed: 9))
        let distance = (0..<3000).reduce(0) { $0 + abs(made[$1] - $1) } / 3000
        #expect((950...1050).contains(distance))
    }

    @Test func shardsAreMixedAndEachEpochIsWhole() {
        let counts = (0..<50).map { $0 % 3 == 0 ? 0 : $0 }
        let order = SampleOrder(counts, CounterRandom(seed: 3))
        let total = counts.reduce(0, +)
        let epochs = (0..<2).map { epoch in (0..<total).map { order.place(epoch * total + $0) } }
        for epoch in epochs {
            #expect(Set(epoch).count == total)
            #expect(epoch.allSatisfy { $0.sample < counts[$0.part] })
        }
        #expect(epochs[0] != epochs[1])
        // No more shards are open at a time than a group has.
        #expect(Set(epochs[0].prefix(20).map(\.part)).count <= SampleOrder.partsOfGroup)
    }

    @Test func aMixtureKeepsItsWeights() {
        let mixture = DatasetMixture([0.6, 0.3, 0.1, 0], CounterRandom(seed: 1))
        var next = [0, 0, 0, 0]
        for position in 0..<3 * DatasetMixture.block {
            let (dataset, number) = mixture.pick(position)
            #expect(number == next[dataset])
            next[dataset] += 1
        }
        #expect(next[3] == 0 && next.reduce(0, +) == 3 * DatasetMixture.block)
        for (count, weight) in zip(next, [0.6, 0.3, 0.1]) {
            #expect(abs(Double(count) / Double(3 * DatasetMixture.block) - weight) < 1 / 4096)
        }
        #expect(DatasetMixture([2], CounterRandom(seed: 1)).pick(77) == (0, 77))
        // A weight that is next to nothing comes once a block.
        let rare = DatasetMixture([1, 1e-9], CounterRandom(seed: 1))
        #expect((0..<DatasetMixture.block).count { rare.pick($0).dataset == 1 } == 1)
    }
}
