import IR

/// Products of levels with constant matrices, which have kernels for integers.
extension OperatorMapping {
    /// Deeper sums might not fit 32 bits.
    static let largestDepth = 1 << 16

    /// Σ (a - zero) (b - zero) as i32 for a constant matrix b; nil where there is no kernel.
    ///
    /// Levels of a become u8 and those of b i8, by flipping the highest bit, which moves the zero point by 128. What the zero points z of b
    /// leave is -z Σ (a - zero).
    static func denseProduct(_ node: inout NodeImport, _ a: Quantized, _ b: Quantized) throws -> ValueID? {
        let bytes: Set<DType> = [.i8, .u8]
        guard bytes.contains(node.dtype(a.value)), bytes.contains(node.dtype(b.value)), node.rank(b.value) == 2,
            node.scope.graph.constantKey(of: b.value) != nil, let depth = node.shape(b.value)[0].value, depth <= largestDepth,
            node.shape(a.value).last == Dim(depth), isSingle(&node, a.zero), b.zero.map({ node.rank($0) < 2 }) ?? true
        else { return nil }
        let weight = try node.transpose(node.dtype(b.value) == .u8 ? try flipped(&node, b.value, to: .i8) : b.value, [1, 0])
        let (levels, zero) = try unsigned(&node, a)
        let sums = try node.emit(IntegerLinear(), levels, weight, zero)
        guard let offset = try offset(&node, b) else { return sums }
        let last = node.rank(levels) - 1
        var rows = try node.reduce(ReduceSum.self, try node.cast(levels, to: .i32), [last], keepDims: true)
        if let zero {
            let shift = try node.binary(Mul.self, try node.cast(zero, to: .i32), Double(depth))
            rows = try node.binary(Sub.self, rows, shift)
        }
        return try node.binary(Sub.self, sums, try node.binary(Mul.self, rows, offset))
    }

    static func isSingle(_ node: inout NodeImport, _ zero: ValueID?) -> Bool {
        zero.map { node.type($0).elementCount.value == 1 } ?? true
    }

    /// x with the highest bit of each byte flipped: 128 more as u8, or less as i8.
    static func flipped(_ node: inout NodeImport, _ x: ValueID, to dtype: DType) throws -> ValueID {
        let top = try node.constant(Tensor(integers: [128], [], as: node.dtype(x)))
        return try node.emit(BitCast(to: dtype), try node.emit(Logical<Xor>(), x, top))
    }

    /// The levels as u8, and the one that stands for 0.
    static func unsigned(_ node: inout NodeImport, _ a: Quantized) throws -> (ValueID, ValueID?) {
        let zero = try a.zero.map { try node.reshape($0, []) }
        if node.dtype(a.value) == .u8 { return (a.value, zero) }
        let middle = try zero.map { try flipped(&node, $0, to: .u8) } ?? node.scalar(128, .u8)
        return (try flipped(&node, a.value, to: .u8), middle)
    }

    /// The zero points of b as i8, in i32; nil if they are 0.
    static func offset(_ node: inout NodeImport, _ b: Quantized) throws -> ValueID? {
        let middle = node.dtype(b.value) == .u8 ? 128 : 0
        guard let zero = b.zero else { return middle == 0 ? nil : try node.scalar(-middle, .i32) }
        if let known = node.scope.constantTensor(zero), known.integers.allSatisfy({ $0 == middle }) { return nil }
        let wide = try node.cast(zero, to: .i32)
        return middle == 0 ? wide : try node.binary(Sub.self, wide, Double(middle))
    }
}
