import IR

/// The 8-bit floating point types of PyTorch and safetensors (arXiv 2209.05433; `fnuz`: arXiv 2206.02915). All of their values are values of
/// f16 too, so that they are read as f16 without any loss.
enum Float8: String, Hashable, CaseIterable {
    case e4m3fn, e5m2, e4m3fnuz, e5m2fnuz

    private var fractionBits: Int { self == .e4m3fn || self == .e4m3fnuz ? 3 : 2 }

    private var bias: Int {
        switch self {
        case .e4m3fn: 7
        case .e4m3fnuz: 8
        case .e5m2: 15
        case .e5m2fnuz: 16
        }
    }

    /// The value of `bits`.
    func value(_ bits: UInt8) -> Float {
        let magnitude = Int(bits & 0x7F)
        let (exponent, fraction) = (magnitude >> fractionBits, magnitude & (1 << fractionBits - 1))
        switch self {
        case .e4m3fn: if magnitude == 0x7F { return .nan }
        // An infinity at 0x7C, NaNs above.
        case .e5m2: if magnitude >= 0x7C { return magnitude > 0x7C ? .nan : bits == 0x7C ? .infinity : -.infinity }
        // The place of -0 is the only NaN.
        case .e4m3fnuz, .e5m2fnuz: if bits == 0x80 { return .nan }
        }
        let significand = exponent == 0 ? fraction : fraction + 1 << fractionBits
        let scale = Float(sign: .plus, exponent: max(exponent, 1) - bias - fractionBits, significand: 1)
        return bits & 0x80 == 0 ? Float(significand) * scale : -Float(significand) * scale
    }

    /// The same values as f16.
    func halves(_ bytes: ByteSlice) -> ByteSlice {
        let table = (0...UInt8.max).map { Float16(value($0)).bitPattern }
        return bytes.withBytes { source in
            ByteSlice(
                Bytes(count: source.count * 2) { target in
                    for (index, byte) in source.enumerated() {
                        target.storeBytes(of: table[Int(byte)].littleEndian, toByteOffset: index * 2, as: UInt16.self)
                    }
                })
        }
    }
}
