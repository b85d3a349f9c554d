import Collectives
import IR
import TestSupport
import Testing

/// Processes of a job as threads; MPI's own messages are tried by `Scripts/mpi-tests.sh`.
@Suite struct ProcessGroupTests {
    static let sizes = [1, 2, 3, 4, 6, 9, 16, 22]

    /// Numbers of `rank` whose sums depend on the order of additions.
    private static func numbers(_ count: Int, rank: Int, from start: Int = 0) -> [Float] {
        (start..<start + count).map { index in
            let mixed = UInt64(index * 64 + rank) &* 0x9e37_79b9_7f4a_7c15
            return Float(Int32(truncatingIfNeeded: mixed >> 20)) * [1, 1e-3, 1e3, 1e-6][Int(mixed >> 62)]
        }
    }

    private static func slice(_ numbers: [Float]) -> ByteSlice {
        ByteSlice(Bytes(count: numbers.count * 4) { target in numbers.withUnsafeBytes { target.copyMemory(from: $0) } })
    }

    private static func values(_ slice: ByteSlice) -> [Float] { Array(slice.buffer.bindMemory(to: Float.self)) }

    private static func sums(_ size: Int, counts: [Int]) throws -> [[[Float]]] {
        try ThreadMessages.run(size) { group in
            let slices = counts.map { slice(numbers($0, rank: group.rank)) }
            let pending = slices.map { group.beginSum([$0], scale: 0.5) }
            for exchange in pending { try exchange.wait() }
            return slices.map { values($0) }
        }.map { try $0.get() }
    }

    @Test(arguments: sizes) func sumsAreTheSameEverywhereAndAgain(_ size: Int) throws {
        let counts = [0, 1, 3, 5, 100, 2049]
        let sums = try Self.sums(size, counts: counts)
        #expect(sums.count == size && sums.allSatisfy { $0 == sums[0] })
        #expect(try Self.sums(size, counts: counts) == sums)
        for (count, sum) in zip(counts, sums[0]) {
            let terms = (0..<size).map { Self.numbers(count, rank: $0) }
            for index in 0..<count {
                let all = terms.map { Double($0[index]) }
                let (exact, scale) = (all.reduce(0, +) / 2, all.reduce(0) { $0 + $1.magnitude })
                #expect((Double(sum[index]) - exact).magnitude <= 1e-6 * scale)
            }
        }
    }

    /// Rows of up to eight processes add in the order of ranks, which is an order that anyone can repeat.
    @Test(arguments: [2, 3, 4]) func sumsAreInTheOrderOfRanks(_ size: Int) throws {
        let sums = try Self.sums(size, counts: [1000])[0][0]
        let terms = (0..<size).map { Self.numbers(1000, rank: $0) }
        let expected = (0..<1000).map { index in terms.dropFirst().reduce(terms[0][index]) { $0 + $1[index] } * 0.5 }
        #expect(sums == expected)
    }

    @Test(arguments: [2, 16]) func bitsDoNotDependOnTheDivision(_ size: Int) throws {
        let whole = try Self.sums(size, counts: [4000])[0][0]
        let parts = try ThreadMessages.run(size) { group in
            let slices = [(0, 7), (7, 1993), (2000, 2000)].map { Self.slice(Self.numbers($1, rank: group.rank, from: $0)) }
            try group.beginSum(slices, scale: 0.5).wait()
            return slices.flatMap { Self.values($0) }
        }.map { try $0.get() }
        #expect(parts.allSatisfy { $0 == whole })
    }

    /// More than one message of a sum, and a remainder.
    @Test func longSums() throws {
        let count = 2_500_001
        let ends = try ThreadMessages.run(2) { group in
            let slice = Self.slice([Float](repeating: Float(group.rank + 1), count: count))
            try group.beginSum([slice]).wait()
            return Set(Self.values(slice))
        }.map { try $0.get() }
        #expect(ends == [[3], [3]])
    }

    @Test(arguments: sizes) func gathersByRank(_ size: Int) throws {
        let all = try ThreadMessages.run(size) { group in
            try group.barrier()
            return (try group.gather([Double(group.rank), 0.1]), group.hosts)
        }.map { try $0.get() }
        for (numbers, hosts) in all {
            #expect(numbers == (0..<size).map { [Double($0), 0.1] })
            #expect(hosts == (0..<size).map { "machine-\($0)" })
        }
    }

    @Test(arguments: sizes) func handsOnWhatRankZeroHas(_ size: Int) throws {
        let all = try ThreadMessages.run(size) { group in
            let own = Self.slice(Self.numbers(33, rank: group.rank))
            try group.broadcast(own)
            return Self.values(own)
        }.map { try $0.get() }
        #expect(all.allSatisfy { $0 == Self.numbers(33, rank: 0) })
    }

    @Test func aProcessThatIsGoneIsNamed() throws {
        let post = ThreadMessages.Post()
        let results = ThreadMessages.run(3, silence: .seconds(2), post: post) { group in
            try group.barrier()
            if group.rank == 1 { post.silence(1) }
            try group.beginSum([Self.slice([1, 2, 3])]).wait()
        }
        #expect(throws: ProcessGroupError("rank 1 on machine-1 has been silent for 2 s: it has ended or hangs", rank: 1)) {
            try results[0].get()
        }
    }

    @Test func aProcessByItself() throws {
        let group = ProcessGroup.single
        let own = Self.slice([1, 2])
        try group.beginSum([own], scale: 0.5).wait()
        #expect(Self.values(own) == [0.5, 1] && group.size == 1)
        #expect(try group.gather([7]) == [[7]])
        try group.broadcast(own)
        try group.leave()
    }

    @Test(arguments: [(1, []), (2, [2]), (7, [7]), (12, [4, 3]), (16, [8, 2]), (1000, [8, 5, 5, 5]), (997, [997])])
    func gridsOfProcesses(_ size: Int, _ sizes: [Int]) {
        let radices = Radices(size)
        #expect(radices.sizes == sizes)
        for dimension in sizes.indices {
            for rank in 0..<size {
                let row = radices.row(of: rank, dimension)
                #expect(row.count == sizes[dimension] && row[radices.coordinate(of: rank, dimension)] == rank)
            }
        }
    }
}
