extension Tensor {
    /// An f32 tensor. Missing elements are zero, surplus ones are ignored.
    package init(_ values: [Float], _ shape: [Int]) {
        self.init(.f32, shape) { Tensor.copy(values, into: $0) }
    }

    /// A tensor of `dtype` with each value converted: floats rounded to nearest even, integers saturated.
    package init(_ values: [Double], _ shape: [Int], as dtype: DType) {
        switch dtype {
        case .f32: self.init(.f32, shape) { Tensor.copy(values.map { Float($0) }, into: $0) }
        case .f64: self.init(.f64, shape) { Tensor.copy(values, into: $0) }
        case .f16: self.init(.f16, shape) { Tensor.copy(values.map { Float16(Float($0)) }, into: $0) }
        case .bf16: self.init(.bf16, shape) { Tensor.copy(values.map { BFloat16.bits(of: Float($0)) }, into: $0) }
        case .bool: self.init(.bool, shape) { Tensor.copy(values.map { UInt8($0 != 0 ? 1 : 0) }, into: $0) }
        case .string: self.init(strings: values.map(\.description), shape)
        default: self.init(integers: values.map { Tensor.saturating($0, dtype) }, shape, as: dtype)
        }
    }

    /// A tensor of an integer (or any other) dtype; integers outside the type's range wrap as a C cast does.
    package init(integers values: [Int], _ shape: [Int], as dtype: DType = .i64) {
        switch dtype {
        case .i8: self.init(.i8, shape) { Tensor.copy(values.map { Int8(truncatingIfNeeded: $0) }, into: $0) }
        case .u8: self.init(.u8, shape) { Tensor.copy(values.map { UInt8(truncatingIfNeeded: $0) }, into: $0) }
        case .i16: self.init(.i16, shape) { Tensor.copy(values.map { Int16(truncatingIfNeeded: $0) }, into: $0) }
        case .u16: self.init(.u16, shape) { Tensor.copy(values.map { UInt16(truncatingIfNeeded: $0) }, into: $0) }
        case .i32: self.init(.i32, shape) { Tensor.copy(values.map { Int32(truncatingIfNeeded: $0) }, into: $0) }
        case .u32: self.init(.u32, shape) { Tensor.copy(values.map { UInt32(truncatingIfNeeded: $0) }, into: $0) }
        case .i64, .u64: self.init(dtype, shape) { Tensor.copy(values, into: $0) }
        case .bool: self.init(.bool, shape) { Tensor.copy(values.map { UInt8($0 != 0 ? 1 : 0) }, into: $0) }
        case .i4, .u4: self.init(dtype, shape) { Tensor.packNibbles(values, into: $0) }
        case .f32, .f16, .bf16, .f64: self.init(values.map { Double($0) }, shape, as: dtype)
        case .string: self.init(strings: values.map(\.description), shape)
        }
    }

    package init(bools values: [Bool], _ shape: [Int]) {
        self.init(.bool, shape) { Tensor.copy(values.map { UInt8($0 ? 1 : 0) }, into: $0) }
    }

    /// Every element as `Float`.
    package var floats: [Float] {
        if dtype == .f32 { return array(of: Float.self) }
        return doubles.map { Float($0) }
    }

    /// Every element as `Double`: exact for all types but 64-bit integers beyond 2^53.
    package var doubles: [Double] {
        switch dtype {
        case .f32: array(of: Float.self).map { Double($0) }
        case .f64: array(of: Double.self)
        case .f16: array(of: Float16.self).map { Double(Float($0)) }
        case .bf16: array(of: UInt16.self).map { Double(BFloat16.float(fromBits: $0)) }
        default: integers.map { Double($0) }
        }
    }

    /// Every element as `Int`: floats truncated towards zero and saturated, bools 0 or 1, u64 wrapped.
    package var integers: [Int] {
        switch dtype {
        case .i8: array(of: Int8.self).map { Int($0) }
        case .u8: array(of: UInt8.self).map { Int($0) }
        case .i16: array(of: Int16.self).map { Int($0) }
        case .u16: array(of: UInt16.self).map { Int($0) }
        case .i32: array(of: Int32.self).map { Int($0) }
        case .u32: array(of: UInt32.self).map { Int($0) }
        case .i64, .u64: array(of: Int.self)
        case .bool: array(of: UInt8.self).map { $0 != 0 ? 1 : 0 }
        case .i4, .u4: nibbles
        case .f32, .f16, .bf16, .f64: doubles.map { Tensor.saturating($0) }
        case .string: strings.map { Int($0) ?? 0 }
        }
    }

    /// Every element as truth value: non-zero is true.
    package var bools: [Bool] { dtype.isFloat ? doubles.map { $0 != 0 } : integers.map { $0 != 0 } }

    private func array<T: BitwiseCopyable>(of type: T.Type) -> [T] {
        let count = self.count
        return [T](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes.buffer)
            initialized = count
        }
    }

    private var nibbles: [Int] {
        (0..<count).map { index in
            let nibble = Int(bytes.buffer[index / 2] >> (index % 2 == 0 ? 0 : 4)) & 15
            return dtype == .i4 && nibble >= 8 ? nibble - 16 : nibble
        }
    }

    private static func packNibbles(_ values: [Int], into target: UnsafeMutableRawBufferPointer) {
        target.initializeMemory(as: UInt8.self, repeating: 0)
        for (index, value) in values.enumerated() where index / 2 < target.count {
            target[index / 2] |= UInt8(truncatingIfNeeded: value & 15) << (index % 2 == 0 ? 0 : 4)
        }
    }

    private static func copy<T: BitwiseCopyable>(_ values: [T], into target: UnsafeMutableRawBufferPointer) {
        values.withUnsafeBytes { source in
            let shared = min(source.count, target.count)
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<shared]))
            for index in shared..<target.count { target[index] = 0 }
        }
    }

    /// Truncation towards zero, saturated to what `dtype` holds.
    private static func saturating(_ value: Double, _ dtype: DType) -> Int {
        if dtype == .u64 { return value >= 0x1p64 ? -1 : value > 0 ? Int(bitPattern: UInt(value)) : 0 }
        let range = dtype.integerRange
        return Swift.min(Swift.max(saturating(value), range.lowerBound), range.upperBound)
    }

    /// Truncation towards zero; NaN is 0, values out of range saturate.
    static func saturating(_ value: Double) -> Int {
        if value.isNaN { return 0 }
        if value >= 0x1p63 { return .max }
        return value <= -0x1p63 ? .min : Int(value)
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
