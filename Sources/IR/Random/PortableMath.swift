/// Elementary functions from IEEE basic operations only, so that no C library decides the last bit of a sample.
package enum PortableMath {
    /// ln x for finite x > 0, within a few units in the last place.
    ///
    /// x = 2^e m with m in [sqrt(1/2), sqrt 2); ln m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.1716.
    package static func log(_ x: Double) -> Double {
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
    package static func sinCosTurns(_ t: Double) -> (sin: Double, cos: Double) {
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

    /// e^x within a few units in the last place; 0 and infinity where x is out of range.
    ///
    /// x = k ln 2 + r with |r| <= ln 2 / 2; ln 2 is taken in two parts, so that k ln 2 is exact enough.
    package static func exp(_ x: Double) -> Double {
        guard x > -746 else { return x.isNaN ? x : 0 }
        guard x < 710 else { return .infinity }
        let k = (x * 1.4426950408889634).rounded(.toNearestOrEven)
        let r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33
        var series = 1.0
        for n in stride(from: 17.0, through: 1, by: -1) { series = 1 + series * r / n }
        // In two steps: below the smallest normal number one power of two does not do.
        let half = Int(k) / 2
        return series * Double(sign: .plus, exponent: half, significand: 1) * Double(sign: .plus, exponent: Int(k) - half, significand: 1)
    }
}
