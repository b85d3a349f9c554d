/// Element type of a tensor.
///
/// Types of 4 and 2 bits are packed, two or four to a byte, the first element in the lowest bits; the others are little-endian in memory.
/// Floats of 8 bits and fewer (``narrowFloat``) are stored, moved, compared and converted, no more. A tensor of strings is its offsets
/// and characters: see ``Tensor/init(strings:_:)``.
package enum DType: String, Sendable, Hashable, CaseIterable {
    case f32, f16, bf16, f64
    case i8, u8, i16, u16, i32, u32, i64, u64
    case bool
    case i4, u4, i2, u2
    case f8e4m3fn, f8e4m3fnuz, f8e5m2, f8e5m2fnuz, f8e8m0, f4e2m1
    case string

    /// Bits of one element; 0 for strings, which have no common size.
    package var bits: Int {
        switch self {
        case .string: 0
        case .i2, .u2: 2
        case .i4, .u4, .f4e2m1: 4
        case .i8, .u8, .bool, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0: 8
        case .f16, .bf16, .i16, .u16: 16
        case .f32, .i32, .u32: 32
        case .f64, .i64, .u64: 64
        }
    }

    /// Bytes of one element; 1 for the packed types, whose size ``byteCount(of:)`` gives.
    package var byteWidth: Int { Swift.max(bits / 8, 1) }

    /// Whether it is a float that is computed with.
    package var isFloat: Bool { self == .f32 || self == .f16 || self == .bf16 || self == .f64 }

    package var isInteger: Bool { !isFloat && self != .bool && self != .string && narrowFloat == nil }

    /// Whether elements can be added.
    package var isNumber: Bool { isFloat || isInteger }

    package var isSigned: Bool { isFloat || [.i2, .i4, .i8, .i16, .i32, .i64].contains(self) }

    /// Values an integer type holds (0...1 for bool), as numbers that hold them all: `UInt` for u64, `Int` for the others.
    package func integerRange<Number: FixedWidthInteger>(as type: Number.Type) -> ClosedRange<Number> {
        if self == .bool { return 0...1 }
        if bits >= Number.bitWidth { return Number.min...Number.max }
        let above: Number = 1 << (isSigned ? bits - 1 : bits)
        return isSigned ? 0 &- above...above &- 1 : 0...above &- 1
    }

    /// Whether `bits` are those of a NaN of this type; false for types that have none.
    func isNaN(_ bits: UInt64) -> Bool {
        if let narrowFloat { return bits < 1 << self.bits && narrowFloat.value(UInt8(bits)).isNaN }
        let (fraction, exponent): (UInt64, UInt64) =
            switch self {
            case .f16: (10, 5)
            case .bf16: (7, 8)
            case .f32: (23, 8)
            case .f64: (52, 11)
            default: (0, 0)
            }
        let infinity: UInt64 = ((1 << exponent) - 1) << fraction
        let magnitude: UInt64 = bits & ~(1 << (fraction + exponent))
        return exponent > 0 && magnitude > infinity && magnitude < infinity + (1 << fraction)
    }

    /// Bytes that `count` elements take, or nil if that overflows or, for strings, cannot be told.
    package func byteCount(of count: Int) -> Int? {
        guard self != .string else { return nil }
        let (total, overflow) = count.multipliedReportingOverflow(by: bits)
        guard !overflow, count >= 0, total <= Int.max - 7 else { return nil }
        return (total + 7) / 8
    }
}
