import IR

/// Where the masking of one sample takes its random numbers from, in the order in which it asks.
package protocol MaskingRandom {
    /// `count` numbers in [0, 1), one for each token of a text or each position of an image.
    mutating func uniforms(_ count: Int) throws -> [Float]
    /// A keep probability in [0, 1), for ``KeepScheme/random``.
    mutating func keepProbability() throws -> Double
    /// Whether all is kept, for ``KeepScheme/binary``.
    mutating func keepsAll() throws -> Bool
    /// A whole number in 0 ..< `count`, which is at least 1.
    mutating func index(below count: Int) throws -> Int
    /// Shares of the modalities; together 1. `shapes` are greater than 0.
    mutating func shares(_ shapes: [Double]) throws -> [Float]
}

/// Random numbers by counter: those of a sample depend on the seed and the sample's number alone, not on threads, batches or other samples.
package struct CounterMaskingRandom: MaskingRandom, Sendable {
    private let stream: CounterRandom
    private var next: UInt64 = 0

    /// - Parameter stream: of this sample, or of one purpose in it.
    package init(_ stream: CounterRandom) { self.stream = stream }

    package mutating func uniforms(_ count: Int) -> [Float] { (0..<max(count, 0)).map { _ in uniform() } }

    package mutating func keepProbability() -> Double { stream.uniform(at: advance()) }

    package mutating func keepsAll() -> Bool { stream.bits(at: advance()) & 1 == 1 }

    package mutating func index(below count: Int) -> Int { Int(stream.integer(below: UInt64(max(count, 1)), at: advance())) }

    package mutating func shares(_ shapes: [Double]) -> [Float] {
        stream.dirichlet(shapes, at: advance()).map { Float($0) }
    }

    /// A multiple of 2^-24.
    private mutating func uniform() -> Float { Float(stream.bits(at: advance()) >> 40) * 0x1p-24 }

    private mutating func advance() -> UInt64 {
        defer { next &+= 1 }
        return next
    }
}
