import Digests

/// Random numbers addressed by (seed, stream, index): the value at an index is a pure function of the three, so that
/// results depend neither on the order of evaluation nor on the number of threads.
///
/// Generator: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011).
/// Key = seed (64 bits); counter words = index (60 bits), domain (4 bits), stream (64 bits). The domain keeps uniform,
/// normal and derived numbers of the same index independent. All arithmetic is exact or IEEE basic operations, hence
/// the same bits on every machine.
package struct CounterRandom: Hashable, Sendable {
    package let seed: UInt64
    package let stream: UInt64

    package init(seed: UInt64, stream: UInt64 = 0) {
        self.seed = seed
        self.stream = stream
    }

    /// A stream of its own, derived from this stream and `id` (say, a step, a row or a purpose). Derivation nests.
    package func substream(_ id: UInt64) -> CounterRandom {
        let word = block(id, domain: .substream)
        return CounterRandom(seed: seed, stream: UInt64(word[1]) << 32 | UInt64(word[0]))
    }

    /// A stream of its own for a name, e.g. a modality.
    package func substream(_ name: String) -> CounterRandom {
        let digest = SHA256.digest(of: Array(name.utf8))
        return substream(digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// 64 random bits.
    package func bits(at index: UInt64) -> UInt64 {
        let word = block(index, domain: .bits)
        return UInt64(word[1]) << 32 | UInt64(word[0])
    }

    /// A number in [0, 1): a multiple of 2^-53.
    package func uniform(at index: UInt64) -> Double {
        Double(bits(at: index) >> 11) * 0x1p-53
    }

    /// A whole number in 0 ..< bound (bias below bound * 2^-64); 0 when the bound is 0.
    package func integer(below bound: UInt64, at index: UInt64) -> UInt64 {
        bits(at: index).multipliedFullWidth(by: bound).high
    }

    /// A random order of 0 ..< count (Fisher and Yates), the same for the same seed and stream.
    package func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<max(count, 0))
        shuffle(&order)
        return order
    }

    /// Puts the elements into a random order (Fisher and Yates).
    package func shuffle<Element>(_ elements: inout [Element]) {
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            let other = Int(integer(below: UInt64(last) + 1, at: UInt64(last)))
            elements.swapAt(last, other)
        }
    }

    enum Domain: UInt32 {
        case bits = 0
        case normal = 1
        case substream = 2
    }

    func block(_ index: UInt64, domain: Domain) -> SIMD4<UInt32> {
        let high = UInt32(truncatingIfNeeded: index >> 32) & 0x0fff_ffff | domain.rawValue << 28
        let counter = SIMD4(
            UInt32(truncatingIfNeeded: index), high, UInt32(truncatingIfNeeded: stream),
            UInt32(truncatingIfNeeded: stream >> 32))
        return Philox.block(counter: counter, key: seed)
    }
}

/// The Philox 4x32-10 block function.
enum Philox {
    static func block(counter: SIMD4<UInt32>, key: UInt64) -> SIMD4<UInt32> {
        var c = counter
        var k0 = UInt32(truncatingIfNeeded: key)
        var k1 = UInt32(truncatingIfNeeded: key >> 32)
        for _ in 0..<10 {
            let p0 = UInt64(c[0]) &* 0xD251_1F53
            let p1 = UInt64(c[2]) &* 0xCD9E_8D57
            c = SIMD4(
                UInt32(truncatingIfNeeded: p1 >> 32) ^ c[1] ^ k0, UInt32(truncatingIfNeeded: p1),
                UInt32(truncatingIfNeeded: p0 >> 32) ^ c[3] ^ k1, UInt32(truncatingIfNeeded: p0))
            k0 = k0 &+ 0x9E37_79B9
            k1 = k1 &+ 0xBB67_AE85
        }
        return c
    }
}

extension CounterRandom {
    /// Writes the numbers `start ..< start + buffer.count` of this stream, uniform in [-bound, bound): four of 24 bits for each
    /// block of the generator.
    package func fillUniform(_ buffer: UnsafeMutableBufferPointer<Float>, from start: UInt64, bound: Float) {
        var position = 0
        while position < buffer.count {
            let index = start &+ UInt64(position)
            let word = block(index >> 2, domain: .bits)
            for lane in Int(index & 3)..<min(4, Int(index & 3) + buffer.count - position) {
                buffer[position] = (Float(word[lane] >> 8) * 0x1p-23 - 1) * bound
                position += 1
            }
        }
    }
}
