extension Float {
    /// `value`, an inexact result being made odd: what rounds it again to 16 bits then rounds once in effect.
    package init(roundingToOdd value: Double) {
        let near = Float(value)
        let isExact = value.isNaN || Double(near) == value
        if isExact || near.bitPattern & 1 == 1 { self = near; return }
        let isAbove = Double(near.magnitude) > value.magnitude
        self = Float(bitPattern: isAbove ? near.bitPattern - 1 : near.bitPattern + 1)
    }
}

extension Double {
    /// `value`, an inexact result being made odd: what rounds it again to 32 bits or fewer then rounds once in effect.
    package init<Integer: FixedWidthInteger>(roundingToOdd value: Integer) {
        let near = Double(value)
        let back = Integer(exactly: near)
        if back == value || near.bitPattern & 1 == 1 { self = near; return }
        // Nil: rounded up beyond the last integer of the type.
        let isAbove = back.map { $0 > value } ?? true
        self = isAbove ? near.nextDown : near.nextUp
    }
}

extension FixedWidthInteger {
    /// `value` truncated towards zero and saturated to what the integer type `dtype` holds; NaN is 0.
    init(saturating value: Double, _ dtype: DType) {
        let range = dtype.integerRange(as: Self.self)
        if value.isNaN { self = 0; return }
        let truncated = value.rounded(.towardZero)
        if truncated <= Double(range.lowerBound) { self = range.lowerBound; return }
        // The bound itself may round up to a number beyond the type.
        self = truncated >= Double(range.upperBound) ? range.upperBound : Self(truncated)
    }
}

/// Conversion between `Float` and the upper 16 bits that bf16 keeps.
package enum BFloat16 {
    package static func float(fromBits bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    /// Rounds to nearest even; NaN stays NaN.
    package static func bits(of value: Float) -> UInt16 {
        if value.isNaN { return UInt16(truncatingIfNeeded: value.bitPattern >> 16) | 0x40 }
        let pattern = value.bitPattern
        return UInt16(truncatingIfNeeded: (pattern &+ 0x7FFF &+ ((pattern >> 16) & 1)) >> 16)
    }
}
