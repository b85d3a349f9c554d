import IR

/// A random order of 0 ..< count whose places are computed one by one, without memory: a Feistel network over the smallest square of a power of two
/// that holds all, walked until it lands inside (Black & Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
struct Permutation: Sendable {
    let count: Int
    private let random: CounterRandom
    private let halfBits: Int

    private static let rounds: UInt64 = 6

    init(_ count: Int, _ random: CounterRandom) {
        (self.count, self.random) = (count, random)
        let bits = count > 1 ? Int.bitWidth - (count - 1).leadingZeroBitCount : 1
        halfBits = (bits + 1) / 2
    }

    /// What stands at `place`, 0 ..< ``count``.
    subscript(place: Int) -> Int {
        guard count > 1 else { return 0 }
        // Each walk is a cycle, so that it comes back to the start at the latest; on average it takes less than four steps.
        var value = UInt64(place)
        repeat { value = mixed(value) } while value >= UInt64(count)
        return Int(value)
    }

    private func mixed(_ value: UInt64) -> UInt64 {
        let mask = (UInt64(1) << UInt64(halfBits)) - 1
        var (left, right) = (value >> UInt64(halfBits), value & mask)
        for round in 0..<Permutation.rounds {
            (left, right) = (right, left ^ (random.bits(at: right << 3 | round) >> 17 & mask))
        }
        return left << UInt64(halfBits) | right
    }
}
