/// Floating point formats of 8 bits and fewer, which are stored and converted but never computed with.
///
/// e4m3fn, e5m2: OCP 8-bit Floating Point Specification; e8m0, e2m1: OCP Microscaling Formats; `fnuz`: arXiv 2206.02915. All values but those
/// of e8m0 are values of f16 too.
package enum NarrowFloat: String, Hashable, Sendable, CaseIterable {
    case e4m3fn, e5m2, e4m3fnuz, e5m2fnuz, e8m0, e2m1

    /// How a number between two powers of two becomes one of them, in e8m0.
    package enum Rounding: String, Sendable, CaseIterable {
        /// To the larger one.
        case up
        case down
        /// To the nearer one, a tie to the larger one.
        case nearest
    }

    private var fractionBits: Int {
        switch self {
        case .e4m3fn, .e4m3fnuz: 3
        case .e5m2, .e5m2fnuz: 2
        case .e2m1: 1
        case .e8m0: 0
        }
    }

    private var bias: Int {
        switch self {
        case .e4m3fn: 7
        case .e4m3fnuz: 8
        case .e5m2: 15
        case .e5m2fnuz: 16
        case .e8m0: 127
        case .e2m1: 1
        }
    }

    /// The bit of the sign; 0 for e8m0, which has none.
    private var signBit: UInt8 { self == .e8m0 ? 0 : self == .e2m1 ? 0x08 : 0x80 }

    /// The largest finite number, without sign.
    private var largest: UInt8 {
        switch self {
        case .e4m3fn, .e8m0: self == .e8m0 ? 0xFE : 0x7E
        case .e5m2: 0x7B
        case .e4m3fnuz, .e5m2fnuz: 0x7F
        case .e2m1: 0x07
        }
    }

    /// Whether the place of -0 is the only NaN.
    private var isUnsignedZero: Bool { self == .e4m3fnuz || self == .e5m2fnuz }

    /// The NaN of that sign; e2m1 has none, and gives -0.
    private func notANumber(_ sign: UInt8) -> UInt8 {
        switch self {
        case .e4m3fn: 0x7F | sign
        case .e5m2: 0x7E | sign
        case .e4m3fnuz, .e5m2fnuz: 0x80
        case .e8m0: 0xFF
        case .e2m1: 0x08
        }
    }

    /// The value of `bits`.
    package func value(_ bits: UInt8) -> Float {
        if self == .e8m0 { return bits == 0xFF ? .nan : Float(sign: .plus, exponent: Int(bits) - bias, significand: 1) }
        let magnitude = Int(bits & (signBit - 1))
        let (exponent, fraction) = (magnitude >> fractionBits, magnitude & (1 << fractionBits - 1))
        switch self {
        case .e4m3fn: if magnitude == 0x7F { return .nan }
        // An infinity at 0x7C, NaNs above.
        case .e5m2: if magnitude >= 0x7C { return magnitude > 0x7C ? .nan : bits == 0x7C ? .infinity : -.infinity }
        case .e4m3fnuz, .e5m2fnuz: if bits == 0x80 { return .nan }
        case .e8m0, .e2m1: break
        }
        let significand = exponent == 0 ? fraction : fraction + 1 << fractionBits
        let scale = Float(sign: .plus, exponent: max(exponent, 1) - bias - fractionBits, significand: 1)
        return bits & signBit == 0 ? Float(significand) * scale : -Float(significand) * scale
    }

    /// `value` rounded once: to nearest even, and to e8m0, which takes its magnitude, as `rounding` says.
    ///
    /// - Parameter saturating: What lies beyond the largest number becomes that, infinities too; else an infinity, or NaN where there is none.
    ///   e2m1, which has neither, saturates always.
    package func bits(of value: Double, saturating: Bool = true, rounding: Rounding = .up) -> UInt8 {
        if self == .e8m0 { return power(value.magnitude, saturating, rounding) }
        let sign = value.sign == .minus ? signBit : 0
        if value.isNaN { return notANumber(sign) }
        let limit = Double(self.value(largest))
        let magnitude = value.magnitude
        let exponent = magnitude == 0 ? 1 - bias : max(Int(magnitude.exponent), 1 - bias)
        let rounded = magnitude.isFinite ? units(magnitude, exponent) : .infinity
        let scale = Double(sign: .plus, exponent: exponent - fractionBits, significand: 1)
        if rounded * scale > limit {
            if saturating || self == .e2m1 { return largest | sign }
            return self == .e5m2 ? 0x7C | sign : notANumber(sign)
        }
        // A fraction that is rounded up to two carries into the exponent.
        let isNormal = rounded >= Double(1 << fractionBits)
        let code = UInt8(truncatingIfNeeded: Int(rounded) + (isNormal ? (exponent + bias - 1) << fractionBits : 0))
        return code == 0 && isUnsignedZero ? 0 : code | sign
    }

    /// `magnitude` in units of the last place of numbers of that exponent.
    private func units(_ magnitude: Double, _ exponent: Int) -> Double {
        (magnitude * Double(sign: .plus, exponent: fractionBits - exponent, significand: 1)).rounded(.toNearestOrEven)
    }

    private func power(_ magnitude: Double, _ saturating: Bool, _ rounding: Rounding) -> UInt8 {
        let (lowest, highest): (UInt8, UInt8) = saturating ? (0, largest) : (0xFF, 0xFF)
        if magnitude.isNaN { return 0xFF }
        if magnitude == 0 { return lowest }
        if magnitude.isInfinite { return highest }
        let isUp =
            switch rounding {
            case .up: magnitude.significand > 1
            case .down: false
            case .nearest: magnitude.significand >= 1.5
            }
        let exponent = Int(magnitude.exponent) + (isUp ? 1 : 0) + bias
        return exponent < 0 ? lowest : exponent > Int(largest) ? highest : UInt8(truncatingIfNeeded: exponent)
    }
}

extension DType {
    /// The format of a type that is stored but not computed with; nil for others.
    package var narrowFloat: NarrowFloat? {
        switch self {
        case .f8e4m3fn: .e4m3fn
        case .f8e4m3fnuz: .e4m3fnuz
        case .f8e5m2: .e5m2
        case .f8e5m2fnuz: .e5m2fnuz
        case .f8e8m0: .e8m0
        case .f4e2m1: .e2m1
        default: nil
        }
    }
}

extension Tensor {
    /// A tensor of a narrow float type with each value converted as ``NarrowFloat/bits(of:saturating:rounding:)`` says.
    package init(
        _ values: [Double], _ shape: [Int], as format: NarrowFloat, _ dtype: DType, saturating: Bool = true,
        rounding: NarrowFloat.Rounding = .up
    ) {
        let codes = values.map { format.bits(of: $0, saturating: saturating, rounding: rounding) }
        self.init(codes: codes.map { Int($0) }, shape, as: dtype)
    }

    /// The values of elements of a narrow float type.
    func values(of format: NarrowFloat) -> [Double] {
        let table = (0...UInt8.max).map { Double(format.value($0)) }
        return codes.map { table[$0 & 0xFF] }
    }
}
