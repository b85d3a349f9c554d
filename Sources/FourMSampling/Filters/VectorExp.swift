/// e^x for many x at once, from IEEE basic operations only: the same bits on every machine.
///
/// x = n ln 2 + r, |r| <= 0.35; e^r by a polynomial of degree 6. Relative error below 3e-7. Zero below -87.
enum VectorExp {
    typealias Lanes = SIMD8<Float>

    @inline(__always)
    static func exp(_ x: Lanes) -> Lanes {
        let clamped = x.clamped(lowerBound: Lanes(repeating: -87), upperBound: Lanes(repeating: 88))
        // Adding 1.5 * 2^23 rounds to the nearest whole number, which then stands in the low bits of the mantissa.
        let magic = Lanes(repeating: 12_582_912)
        let rounded = clamped * 1.4426950408889634 + magic
        let n = rounded - magic
        let r = (clamped - n * 0.693359375) - n * -2.1219444e-4
        var p = r * Float(1.0 / 720) + Float(1.0 / 120)
        p = p * r + Float(1.0 / 24)
        p = p * r + Float(1.0 / 6)
        p = p * r + Float(0.5)
        p = p * r + 1
        p = p * r + 1
        let whole = unsafeBitCast(rounded, to: SIMD8<Int32>.self) &- unsafeBitCast(magic, to: SIMD8<Int32>.self)
        let scale = unsafeBitCast((whole &+ 127) &<< 23, to: Lanes.self)
        return (p * scale).replacing(with: Lanes(repeating: 0), where: x .< -87)
    }

    /// destination[i] = e^((source[i] - shift) * factor); the arguments must not be positive. Returns the sum.
    static func weights(
        of source: UnsafeBufferPointer<Float>, shift: Float, factor: Float,
        into destination: UnsafeMutableBufferPointer<Float>
    ) -> Double {
        let count = min(source.count, destination.count)
        var sums = SIMD8<Double>(repeating: 0)
        var index = 0
        while index + 8 <= count {
            var lanes = Lanes()
            for lane in 0..<8 { lanes[lane] = source[index + lane] }
            let result = exp((lanes - shift) * factor)
            for lane in 0..<8 { destination[index + lane] = result[lane] }
            sums += SIMD8<Double>(result)
            index += 8
        }
        var sum = sums.sum()
        while index < count {
            let result = exp(Lanes(repeating: (source[index] - shift) * factor))[0]
            destination[index] = result
            sum += Double(result)
            index += 1
        }
        return sum
    }
}
