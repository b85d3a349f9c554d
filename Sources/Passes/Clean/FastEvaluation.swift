import IR

/// Evaluation for folding: weights have 10^8 elements, so conversions and transpositions get direct loops with the
/// same results as `evaluate`; everything else goes through `evaluate`.
enum FastEvaluation {
    static func results(of op: any Operator, _ operands: [Tensor?]) throws -> [Tensor] {
        if let x = operands.first ?? nil, operands.count == 1 {
            if let cast = op as? Cast, let y = convert(x, to: cast.to) { return [y] }
            if let transpose = op as? Transpose, let y = Self.transpose(x, transpose.permutation) { return [y] }
        }
        return try op.evaluate(operands, [:])
    }

    /// Conversions between float types of at most 32 bits; nil for others.
    static func convert(_ x: Tensor, to dtype: DType) -> Tensor? {
        switch (x.dtype, dtype) {
        case (.f16, .f32): map(x, Float16.self, Float.self, .f32) { Float($0) }
        case (.bf16, .f32): map(x, UInt16.self, Float.self, .f32) { BFloat16.float(fromBits: $0) }
        case (.f32, .f16): map(x, Float.self, Float16.self, .f16) { Float16($0) }
        case (.f32, .bf16): map(x, Float.self, UInt16.self, .bf16) { BFloat16.bits(of: $0) }
        default: nil
        }
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

    /// Moves elements by their width; nil for packed types or a permutation that does not fit.
    static func transpose(_ x: Tensor, _ permutation: [Int]) -> Tensor? {
        guard permutation.sorted() == Array(x.shape.indices), x.dtype.bits >= 8, x.count > 0 else { return nil }
        return switch x.dtype.byteWidth {
        case 1: move(x, permutation, UInt8.self)
        case 2: move(x, permutation, UInt16.self)
        case 4: move(x, permutation, UInt32.self)
        default: move(x, permutation, UInt64.self)
        }
    }

    /// Walks the result row by row: an odometer over the leading dimensions, a strided loop over the last.
    private static func move<Element: BitwiseCopyable>(
        _ x: Tensor, _ permutation: [Int], _ type: Element.Type
    ) -> Tensor {
        let shape = permutation.map { x.shape[$0] }
        let own = rowMajorStrides(x.shape)
        let strides = permutation.map { own[$0] }
        let (rowLength, rowStride) = (shape.last ?? 1, strides.last ?? 1)
        let width = MemoryLayout<Element>.stride
        return Tensor(x.dtype, shape) { memory in
            let from = x.bytes.buffer
            var index = [Int](repeating: 0, count: max(shape.count - 1, 0))
            var (source, target) = (0, 0)
            while true {
                for column in 0..<rowLength {
                    let value = from.loadUnaligned(fromByteOffset: (source &+ column &* rowStride) &* width, as: Element.self)
                    memory.storeBytes(of: value, toByteOffset: target, as: Element.self)
                    target &+= width
                }
                var axis = index.count - 1
                while axis >= 0 {
                    index[axis] += 1
                    source &+= strides[axis]
                    if index[axis] < shape[axis] { break }
                    source &-= strides[axis] &* shape[axis]
                    index[axis] = 0
                    axis -= 1
                }
                if axis < 0 { return }
            }
        }
    }
}
