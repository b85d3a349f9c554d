import IR

/// The 8-bit floating point types of PyTorch and safetensors. All of their values are values of f16 too, so that they are read as f16 without
/// any loss.
enum Float8: String, Hashable, CaseIterable {
    case e4m3fn, e5m2, e4m3fnuz, e5m2fnuz

    private var format: NarrowFloat {
        switch self {
        case .e4m3fn: .e4m3fn
        case .e5m2: .e5m2
        case .e4m3fnuz: .e4m3fnuz
        case .e5m2fnuz: .e5m2fnuz
        }
    }

    /// The value of `bits`.
    func value(_ bits: UInt8) -> Float { format.value(bits) }

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
