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

/// Elementary functions from IEEE basic operations only, so that no C library decides the last bit of a sample.
enum PortableMath {
    /// ln x for finite x > 0, within a few units in the last place.
    ///
    /// x = 2^e m with m in [sqrt(1/2), sqrt 2); ln m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.1716.
    static func log(_ x: Double) -> Double {
        var mantissa = x.significand
        var exponent = Double(x.exponent)
        if mantissa > 1.4142135623730951 {
            mantissa *= 0.5
            exponent += 1
        }
        let s = (mantissa - 1) / (mantissa + 1)
        let square = s * s
        var series = 1.0 / 23
        for odd in stride(from: 21.0, through: 1, by: -2) { series = series * square + 1 / odd }
        return exponent * 0.6931471805599453 + 2 * s * series
    }

    /// (sin, cos) of 2 pi t for t in [0, 1]; the reduction to a quarter turn is exact.
    static func sinCosTurns(_ t: Double) -> (sin: Double, cos: Double) {
        let quarters = t * 4
        let nearest = quarters.rounded(.toNearestOrEven)
        let angle = (quarters - nearest) * 1.5707963267948966
        let square = angle * angle
        var sine = 1.0
        var cosine = 1.0
        for k in stride(from: 16.0, through: 2, by: -2) {
            sine = 1 - sine * square / (k * (k + 1))
            cosine = 1 - cosine * square / (k * (k - 1))
        }
        sine *= angle
        switch Int(nearest) & 3 {
        case 0: return (sine, cosine)
        case 1: return (cosine, -sine)
        case 2: return (-sine, -cosine)
        default: return (-cosine, sine)
        }
    }
}
