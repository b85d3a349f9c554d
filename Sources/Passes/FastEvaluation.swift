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
        if let op = op as? Dequantize, let y = dequantized(op, operands) { return [y] }
        if op is Logical<Xor>, operands.count == 2, let x = operands[0], let y = operands[1], let z = flipped(x, y) { return [z] }
        if operands.count == 2, let x = operands[0], let y = operands[1], let z = combined(op, x, y) { return [z] }
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

    /// Arithmetic on f32. A sum, product or quotient of two f32 in f64, rounded once, is what the machine computes.
    private static func combined(_ op: any TensorOperator, _ x: Tensor, _ y: Tensor) -> Tensor? {
        switch op {
        case is Binary<Mul>: combined(x, y) { $0 * $1 }
        case is Binary<Sub>: combined(x, y) { $0 - $1 }
        case is Binary<Add>: combined(x, y) { $0 + $1 }
        case is Binary<Div>: combined(x, y) { $0 / $1 }
        default: nil
        }
    }

    /// Levels of at most 8 bits as f32, less their zero points, times their scales: each step is exact or rounded as `evaluate` does.
    private static func dequantized(_ op: Dequantize, _ operands: [Tensor?]) -> Tensor? {
        guard let levels = operands.first ?? nil, levels.dtype.isInteger, levels.dtype.bits <= 8, op.to == .f32, operands.count > 1,
            let scale = operands[1], let width = levels.shape.last, width > 0
        else { return nil }
        let types = (TensorType(.f32, levels.shape.map { Dim($0) }), TensorType(.f32, scale.shape.map { Dim($0) }))
        guard let sizes = try? op.placement.spread(types.1, over: types.0, "scale").compactMap(\.value) else { return nil }
        let wide = convert(levels, to: .f32)
        let (values, numbers, scales) = (wide?.bytes.pointer, wide == nil ? levels.floats : [], scale.floats)
        let zeros = operands.count > 2 ? operands[2]?.floats : nil
        // Where in the scales each row of the last dimension begins, and how far apart its neighbours are.
        let (rows, own) = (Array(levels.shape.dropLast()), sizes.last ?? 1)
        let lastAxis = op.placement.axis == levels.rank - 1 || op.placement.axis == -1
        let block = scale.rank == levels.rank && lastAxis && op.placement.block > 0 ? op.placement.block : 1
        let outer = ScalePlacement(
            axis: op.placement.axis < 0 ? op.placement.axis + levels.rank : op.placement.axis, block: op.placement.block)
        let starts =
            sizes.isEmpty ? [Int](repeating: 0, count: rows.reduce(1, *)) : outer.positions(rows + [1], Array(sizes.dropLast()) + [1])
        return withExtendedLifetime(wide) {
            made(.f32, levels.shape) { target in
                for row in starts.indices {
                    for index in 0..<width {
                        let place = starts[row] &* own &+ (own == 1 ? 0 : index / block)
                        let element = row &* width &+ index
                        let level = values?.loadUnaligned(fromByteOffset: element &* 4, as: Float.self) ?? numbers[element]
                        let value = (level - (zeros?[place] ?? 0)) * scales[place]
                        target.storeBytes(of: value, toByteOffset: element &* 4, as: Float.self)
                    }
                }
            }
        }
    }

    /// `function` of the elements of two f32 that broadcast; nil for other operands.
    @inline(__always) private static func combined(_ x: Tensor, _ y: Tensor, _ function: (Float, Float) -> Float) -> Tensor? {
        let rank = max(x.rank, y.rank)
        let a = [Int](repeating: 1, count: rank - x.rank) + x.shape
        let b = [Int](repeating: 1, count: rank - y.rank) + y.shape
        let shape = zip(a, b).map { $0 == 1 ? $1 : $0 }
        guard x.dtype == .f32, y.dtype == .f32, rank > 0, zip(shape, a).allSatisfy({ $1 == 1 || $1 == $0 }),
            zip(shape, b).allSatisfy({ $1 == 1 || $1 == $0 })
        else { return nil }
        let width = shape[rank - 1]
        let (stepA, stepB) = (a[rank - 1] == 1 ? 0 : 4, b[rank - 1] == 1 ? 0 : 4)
        let (startsA, startsB) = (rowStarts(a, shape), rowStarts(b, shape))
        return made(.f32, shape) { target in
            let (left, right) = (x.bytes.pointer, y.bytes.pointer)
            for row in startsA.indices {
                let (a, b, to) = (left + startsA[row] &* 4, right + startsB[row] &* 4, target + row &* width &* 4)
                for index in 0..<width {
                    let value = function(
                        a.loadUnaligned(fromByteOffset: index &* stepA, as: Float.self),
                        b.loadUnaligned(fromByteOffset: index &* stepB, as: Float.self))
                    to.storeBytes(of: value, toByteOffset: index &* 4, as: Float.self)
                }
            }
        }
    }

    /// Where in a tensor of `sizes` each row of `shape`, to which it broadcasts, begins.
    private static func rowStarts(_ sizes: [Int], _ shape: [Int]) -> [Int] {
        var (starts, stride) = ([0], sizes[sizes.count - 1])
        for axis in (0..<sizes.count - 1).reversed() {
            let step = sizes[axis] == 1 ? 0 : stride
            let inner = starts
            starts = []
            starts.reserveCapacity(inner.count * shape[axis])
            for index in 0..<shape[axis] { for start in inner { starts.append(index * step + start) } }
            stride *= sizes[axis]
        }
        return starts
    }

    /// Conversions between float types of at most 32 bits, and of bytes to f32; nil for others.
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
    private static func widened(_ x: Tensor) -> Tensor? { map(x, UInt16.self, Float.self, .f32, float(half:)) }

    /// Moves exponent and fraction into place; the exponent is 112 short then, for subnormal halves too. NaNs become quiet.
    @inline(__always) static func float(half: UInt16) -> Float {
        let magnitude = UInt32(half & 0x7FFF) << 13
        let finite = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
        let quiet: UInt32 = half & 0x03FF == 0 ? 0 : 0x0040_0000
        let bits = half & 0x7C00 == 0x7C00 ? 0x7F80_0000 | magnitude | quiet : finite
        return Float(bitPattern: bits | UInt32(half & 0x8000) << 16)
    }

    @inline(__always) private static func map<A: BitwiseCopyable, B: BitwiseCopyable>(
        _ x: Tensor, _ source: A.Type, _ target: B.Type, _ dtype: DType, _ function: (A) -> B
    ) -> Tensor? {
        let count = x.count
        return made(dtype, x.shape) { target in
            let from = x.bytes.pointer
            for index in 0..<count {
                let value = from.loadUnaligned(fromByteOffset: index &* MemoryLayout<A>.stride, as: A.self)
                target.storeBytes(of: function(value), toByteOffset: index &* MemoryLayout<B>.stride, as: B.self)
            }
        }
    }

    /// A tensor filled by `body`, which is inlined here, other than in `Tensor.init`: a call for each element keeps a loop from being vectorized,
    /// and so do checks of every access, wherefore these loops take pointers. Operands fit their shapes, as all tensors do.
    @inline(__always) private static func made(_ dtype: DType, _ shape: [Int], _ body: (UnsafeMutableRawPointer) -> Void) -> Tensor? {
        guard let count = Tensor.elementCount(shape).flatMap({ dtype.byteCount(of: $0) }), count > 0 else { return nil }
        let bytes = Bytes(count: count) { _ in }
        body(bytes.pointer)
        return Tensor(dtype: dtype, shape: shape, bytes: ByteSlice(bytes))
    }
}
