import IR

/// Evaluation for folding: weights have 10^8 elements, so conversions and transpositions get direct loops with the
/// same results as `evaluate`; everything else goes through `evaluate`.
enum FastEvaluation {
    static func results(of op: any TensorOperator, _ operands: [Tensor?]) throws -> [Tensor] {
        if let x = operands.first ?? nil, operands.count == 1 {
            if let cast = op as? Cast, let y = convert(x, to: cast.to) { return [y] }
            if let transpose = op as? Transpose, let y = turned(x, transpose.permutation) { return [y] }
            if let transpose = op as? Transpose, let y = Transposition.result(x, transpose.permutation) { return [y] }
        }
        if op is Binary<Mul>, operands.count == 2, let x = operands[0], let y = operands[1], let z = scaled(x, y) { return [z] }
        if op is Logical<Xor>, operands.count == 2, let x = operands[0], let y = operands[1], let z = flipped(x, y) { return [z] }
        return try op.evaluate(operands, [:])
    }

    /// Large matrices of f32, as dense layers of ONNX files have them, are not moved: they are packed from where they lie.
    private static func turned(_ x: Tensor, _ permutation: [Int]) -> Tensor? {
        guard x.dtype == .f32, permutation == [1, 0], x.count >= 1 << 14 else { return nil }
        return Bytes(transposing: x.bytes, rows: x.shape[1], columns: x.shape[0])
            .flatMap { Tensor(dtype: .f32, shape: [x.shape[1], x.shape[0]], bytes: ByteSlice($0)) }
    }

    /// Bytes with the bits of one byte flipped, as u8 weights become i8; nil for other operands.
    private static func flipped(_ x: Tensor, _ mask: Tensor) -> Tensor? {
        guard [.u8, .i8].contains(x.dtype), mask.dtype == x.dtype, mask.count == 1, mask.rank <= x.rank else { return nil }
        let bits = mask.bytes.buffer.load(as: UInt8.self)
        return map(x, UInt8.self, UInt8.self, x.dtype) { $0 ^ bits }
    }

    /// f32 rows times a number each, as scales of output channels are; nil for other operands. The product of two f32 is exact in f64, so
    /// rounding it once is what the machine's product does.
    private static func scaled(_ x: Tensor, _ scales: Tensor) -> Tensor? {
        guard x.dtype == .f32, scales.dtype == .f32, let rows = x.shape.first, rows > 0, scales.rank == x.rank, scales.count == rows,
            scales.shape[0] == rows
        else { return nil }
        let (width, factors) = (x.count / rows, scales.floats)
        return Tensor(.f32, x.shape) { memory in
            let from = x.bytes.buffer
            for row in 0..<rows {
                let factor = factors[row]
                for offset in stride(from: row &* width &* 4, to: (row &+ 1) &* width &* 4, by: 4) {
                    let value = from.loadUnaligned(fromByteOffset: offset, as: Float.self)
                    memory.storeBytes(of: value * factor, toByteOffset: offset, as: Float.self)
                }
            }
        }
    }

    /// Conversions between float types of at most 32 bits, and from integers of 8; nil for others.
    static func convert(_ x: Tensor, to dtype: DType) -> Tensor? {
        switch (x.dtype, dtype) {
        case (.f16, .f32): widened(x)
        case (.bf16, .f32): map(x, UInt16.self, Float.self, .f32) { BFloat16.float(fromBits: $0) }
        case (.i8, .f32): map(x, Int8.self, Float.self, .f32) { Float($0) }
        case (.u8, .f32): map(x, UInt8.self, Float.self, .f32) { Float($0) }
        case (.f32, .f16): map(x, Float.self, Float16.self, .f16) { Float16($0) }
        case (.f32, .bf16): map(x, Float.self, UInt16.self, .bf16) { BFloat16.bits(of: $0) }
        default: nil
        }
    }

    /// By arithmetic, which is vectorized: the baseline instruction set has no conversion, and the one in software takes each by itself.
    private static func widened(_ x: Tensor) -> Tensor { map(x, UInt16.self, Float.self, .f32, float(half:)) }

    /// Moves exponent and fraction into place; the exponent is 112 short then, for subnormal halves too. NaNs become quiet.
    @inline(__always) static func float(half: UInt16) -> Float {
        let magnitude = UInt32(half & 0x7FFF) << 13
        let finite = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
        let quiet: UInt32 = half & 0x03FF == 0 ? 0 : 0x0040_0000
        let bits = half & 0x7C00 == 0x7C00 ? 0x7F80_0000 | magnitude | quiet : finite
        return Float(bitPattern: bits | UInt32(half & 0x8000) << 16)
    }

    private static func map<A: BitwiseCopyable, B: BitwiseCopyable>(
        _ x: Tensor, _ source: A.Type, _ target: B.Type, _ dtype: DType, _ function: (A) -> B
    ) -> Tensor {
        let count = x.count
        return Tensor(dtype, x.shape) { memory in
            let from = x.bytes.buffer
            for index in 0..<count {
                let value = from.loadUnaligned(fromByteOffset: index &* MemoryLayout<A>.stride, as: A.self)
                memory.storeBytes(of: function(value), toByteOffset: index &* MemoryLayout<B>.stride, as: B.self)
            }
        }
    }
}
