extension CounterRandom {
    /// The standard normal number at an index. Numbers 2i and 2i + 1 are the two of one Box–Muller pair.
    package func normal(at index: UInt64) -> Double {
        let pair = normalPair(index >> 1)
        return index & 1 == 0 ? pair.0 : pair.1
    }

    /// Writes the standard normal numbers `start ..< start + buffer.count`, rounded to Float.
    package func fillNormal(_ buffer: UnsafeMutableBufferPointer<Float>, from start: UInt64 = 0) {
        var position = 0
        if start & 1 == 1, position < buffer.count {
            buffer[0] = Float(normal(at: start))
            position = 1
        }
        while position + 1 < buffer.count {
            let pair = normalPair((start &+ UInt64(position)) >> 1)
            buffer[position] = Float(pair.0)
            buffer[position + 1] = Float(pair.1)
            position += 2
        }
        if position < buffer.count { buffer[position] = Float(normal(at: start &+ UInt64(position))) }
    }

    /// `count` standard normal numbers from index 0 on.
    package func normals(_ count: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: max(count, 0)) { buffer, initialized in
            buffer.initialize(repeating: 0)
            fillNormal(UnsafeMutableBufferPointer(rebasing: buffer[..<max(count, 0)]))
            initialized = max(count, 0)
        }
    }

    /// Box and Muller 1958: sqrt(-2 ln u) (cos 2 pi v, sin 2 pi v) with u in (0, 1], v in [0, 1).
    private func normalPair(_ index: UInt64) -> (Double, Double) {
        let word = block(index, domain: .normal)
        let u = Double((UInt64(word[1]) << 32 | UInt64(word[0])) >> 11 + 1) * 0x1p-53
        let v = Double((UInt64(word[3]) << 32 | UInt64(word[2])) >> 11) * 0x1p-53
        let radius = (-2 * PortableMath.log(u)).squareRoot()
        let (sine, cosine) = PortableMath.sinCosTurns(v)
        return (radius * cosine, radius * sine)
    }
}
