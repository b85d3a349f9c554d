extension Tensor {
    /// An f32 tensor. Missing elements are zero, surplus ones are ignored.
    package init(_ values: [Float], _ shape: [Int]) {
        self.init(.f32, shape) { Tensor.copy(values, into: $0) }
    }

    /// A tensor of `dtype` with each value converted: floats rounded once, to nearest even; integers truncated towards zero and
    /// saturated, NaN being 0.
    package init(_ values: [Double], _ shape: [Int], as dtype: DType) {
        switch dtype {
        case .f32: self.init(.f32, shape) { Tensor.copy(values.map { Float($0) }, into: $0) }
        case .f64: self.init(.f64, shape) { Tensor.copy(values, into: $0) }
        case .f16: self.init(.f16, shape) { Tensor.copy(values.map { Float16(Float(roundingToOdd: $0)) }, into: $0) }
        case .bf16: self.init(.bf16, shape) { Tensor.copy(values.map { BFloat16.bits(of: Float(roundingToOdd: $0)) }, into: $0) }
        case .bool: self.init(.bool, shape) { Tensor.copy(values.map { UInt8($0 != 0 ? 1 : 0) }, into: $0) }
        case .string: self.init(strings: values.map(\.description), shape)
        case .u64: self.init(.u64, shape) { Tensor.copy(values.map { UInt(saturating: $0, .u64) }, into: $0) }
        case _ where dtype.narrowFloat != nil: self.init(values, shape, as: dtype.narrowFloat ?? .e5m2, dtype)
        default: self.init(integers: values.map { Int(saturating: $0, dtype) }, shape, as: dtype)
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
        case .i4, .u4, .i2, .u2: self.init(codes: values, shape, as: dtype)
        case .f32: self.init(.f32, shape) { Tensor.copy(values.map { Float($0) }, into: $0) }
        case .f64: self.init(.f64, shape) { Tensor.copy(values.map { Double($0) }, into: $0) }
        case .f16, .bf16, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
            self.init(values.map { Double(roundingToOdd: $0) }, shape, as: dtype)
        case .string: self.init(strings: values.map(\.description), shape)
        }
    }

    /// As ``init(integers:_:as:)`` for integers of all 64 bits.
    package init(naturals values: [UInt], _ shape: [Int], as dtype: DType = .u64) {
        switch dtype {
        case .f32: self.init(.f32, shape) { Tensor.copy(values.map { Float($0) }, into: $0) }
        case .f64: self.init(.f64, shape) { Tensor.copy(values.map { Double($0) }, into: $0) }
        case .f16, .bf16: self.init(values.map { Double(roundingToOdd: $0) }, shape, as: dtype)
        case _ where dtype.narrowFloat != nil: self.init(values.map { Double(roundingToOdd: $0) }, shape, as: dtype)
        case .string: self.init(strings: values.map(\.description), shape)
        default: self.init(integers: values.map { Int(bitPattern: $0) }, shape, as: dtype)
        }
    }

    /// A tensor of `dtype` whose elements are `elements` converted.
    package init(_ elements: Elements, _ shape: [Int], as dtype: DType) {
        switch elements {
        case .floats(let values): self.init(values, shape, as: dtype)
        case .signed(let values): self.init(integers: values, shape, as: dtype)
        case .unsigned(let values): self.init(naturals: values, shape, as: dtype)
        }
    }

    /// A tensor of a type of up to 8 bits from the bits of its elements.
    package init(codes: [Int], _ shape: [Int], as dtype: DType) {
        self.init(dtype, shape) { target in
            guard dtype.bits < 8 else { return Tensor.copy(codes.map { UInt8(truncatingIfNeeded: $0) }, into: target) }
            let (bits, perByte) = (dtype.bits, 8 / max(dtype.bits, 1))
            target.initializeMemory(as: UInt8.self, repeating: 0)
            for (index, code) in codes.enumerated() where index / perByte < target.count {
                target[index / perByte] |= UInt8(truncatingIfNeeded: code & (1 << bits - 1)) << (index % perByte * bits)
            }
        }
    }

    /// The bits of each element of a type of up to 8 bits.
    package var codes: [Int] {
        guard dtype.bits < 8 else { return array(of: UInt8.self).map { Int($0) } }
        let (bits, perByte) = (dtype.bits, 8 / max(dtype.bits, 1))
        return (0..<count).map { Int(bytes.buffer[$0 / perByte] >> ($0 % perByte * bits)) & (1 << bits - 1) }
    }

    package init(bools values: [Bool], _ shape: [Int]) {
        self.init(.bool, shape) { Tensor.copy(values.map { UInt8($0 ? 1 : 0) }, into: $0) }
    }

    /// Elements as numbers that hold every value of their type.
    package enum Elements: Sendable {
        case floats([Double])
        /// Integers other than u64, and bools as 0 and 1.
        case signed([Int])
        case unsigned([UInt])
    }

    /// Every element, exactly.
    package var elements: Elements {
        if dtype.isFloat || dtype.narrowFloat != nil { return .floats(doubles) }
        return dtype == .u64 ? .unsigned(array(of: UInt.self)) : .signed(integers)
    }

    /// Every element as `Float`, rounded once.
    package var floats: [Float] {
        if dtype == .f32 { return array(of: Float.self) }
        switch elements {
        case .floats(let values): return values.map { Float($0) }
        case .signed(let values): return values.map { Float($0) }
        case .unsigned(let values): return values.map { Float($0) }
        }
    }

    /// Every element as `Double`: exact for all types but 64-bit integers beyond 2^53.
    package var doubles: [Double] {
        switch dtype {
        case .f32: array(of: Float.self).map { Double($0) }
        case .f64: array(of: Double.self)
        case .f16: array(of: Float16.self).map { Double(Float($0)) }
        case .bf16: array(of: UInt16.self).map { Double(BFloat16.float(fromBits: $0)) }
        case .u64: array(of: UInt.self).map { Double($0) }
        default: dtype.narrowFloat.map(values(of:)) ?? integers.map { Double($0) }
        }
    }

    /// Every element as `Int`: floats truncated towards zero and saturated, bools 0 or 1, u64 beyond 2^63 wrapped.
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
        case .u4, .u2: codes
        // The highest bit is the sign.
        case .i4, .i2: codes.map { $0 >> (dtype.bits - 1) == 1 ? $0 - 1 << dtype.bits : $0 }
        case .f32, .f16, .bf16, .f64, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1:
            doubles.map { Int(saturating: $0, .i64) }
        case .string: strings.map { Int($0) ?? 0 }
        }
    }

    /// Every element as truth value: non-zero is true.
    package var bools: [Bool] {
        if case .floats(let values) = elements { return values.map { $0 != 0 } }
        return integers.map { $0 != 0 }
    }

    /// The bits of element `index`.
    func bits(at index: Int) -> UInt64 {
        if dtype.bits < 8 { return UInt64(codes[index]) }
        let width = dtype.byteWidth
        return (0..<width).reduce(0) { $0 | UInt64(bytes.buffer[index * width + $1]) << (8 * UInt64($1)) }
    }

    private func array<T: BitwiseCopyable>(of type: T.Type) -> [T] {
        let count = self.count
        return [T](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes.buffer)
            initialized = count
        }
    }

    private static func copy<T: BitwiseCopyable>(_ values: [T], into target: UnsafeMutableRawBufferPointer) {
        values.withUnsafeBytes { source in
            let shared = min(source.count, target.count)
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<shared]))
            for index in shared..<target.count { target[index] = 0 }
        }
    }
}
