import IR

/// Quantization: levels `round(x / scale) + zero`, back `(q - zero) · scale`, and products of levels.
extension OperatorMapping {
    static let quantization: [OperatorMapping] =
        quantizers("") + quantizers(microsoftDomain) + quantizedLayers + blockWeights + [
            OperatorMapping("DynamicQuantizeLinear") { node in
                let dynamic = try dynamicallyQuantized(&node, try node.input(0))
                return [dynamic.value, dynamic.scale, dynamic.zero]
            },
            .one("MatMulInteger") { node in
                let a = Quantized(value: try node.input(0), scale: nil, zero: node.optional(2))
                let b = Quantized(value: try node.input(1), scale: nil, zero: node.optional(3))
                return try integerProduct(&node, a, b)
            },
            .one("QLinearMatMul") { node in
                let (a, b) = (try quantizedInput(&node, 0), try quantizedInput(&node, 3))
                let product = try quantizedProduct(&node, a, b)
                return try requantized(&node, product, by: [a.scale, b.scale], scale: try node.input(6), zero: node.optional(7), else: a)
            },
        ]

    private static func quantizers(_ domain: String) -> [OperatorMapping] {
        [
            .one("QuantizeLinear", domain: domain) { node in
                let zero = node.optional(2)
                let to = try output(&node, "output_dtype") ?? zero.map { node.dtype($0) } ?? .u8
                return try quantized(
                    &node, try node.input(0), scale: try node.input(1), zero: zero, to: to, precision: try output(&node, "precision"))
            },
            .one("DequantizeLinear", domain: domain) { node in
                let q = try quantizedInput(&node, 0)
                let scaleType = node.dtype(try node.input(1))
                let to = try output(&node, "output_dtype") ?? (scaleType.isFloat ? scaleType : .f32)
                return try dequantized(&node, q, to: to)
            },
        ]
    }

    /// Attribute 0 means that there is none.
    private static func output(_ node: inout NodeImport, _ name: String) throws -> DType? {
        try node.int(name, 0) == 0 ? nil : try node.dtypeAttribute(name)
    }

    /// Numbers that stand for `(value - zero) · scale`.
    struct Quantized {
        let value: ValueID
        /// nil: 1, or given elsewhere.
        let scale: ValueID?
        /// nil: 0.
        let zero: ValueID?
    }

    /// Input `index` with its scale and zero point, the two inputs behind it.
    static func quantizedInput(_ node: inout NodeImport, _ index: Int) throws -> Quantized {
        Quantized(value: try node.input(index), scale: try node.input(index + 1), zero: node.optional(index + 2))
    }

    // MARK: There and back

    /// `x` in numbers of type `to`. Scale and zero point are for all of x, for each position of the node's `axis`, or for each block of it.
    ///
    /// - Parameter precision: what is divided in; nil: the type of the scale.
    static func quantized(
        _ node: inout NodeImport, _ x: ValueID, scale: ValueID, zero: ValueID?, to: DType, precision: DType? = nil
    ) throws -> ValueID {
        let types = [precision, node.dtype(scale), node.dtype(x)].compactMap { $0 }
        let precision = types.first { $0.isFloat } ?? .f32
        let (placement, sizes) = try placed(&node, scale, over: x)
        let operands = [
            try node.cast(x, to: precision), try node.cast(try node.reshape(scale, sizes), to: precision),
            try zero.map { try fitted(&node, $0, sizes, to) },
        ]
        return try node.emit(Quantize(to: to, placement, saturate: try node.flag("saturate", true)), operands)
    }

    /// In f32, or another type.
    static func dequantized(_ node: inout NodeImport, _ q: Quantized, to: DType = .f32) throws -> ValueID {
        guard let scale = q.scale else { throw NodeProblem("a scale is missing") }
        let (placement, sizes) = try placed(&node, scale, over: q.value)
        let numbers = node.dtype(scale).isFloat ? scale : try node.cast(scale, to: .f32)
        let operands = [
            q.value, try node.reshape(numbers, sizes), try q.zero.map { try fitted(&node, $0, sizes, node.dtype(q.value)) },
        ]
        return try node.emit(Dequantize(placement, to: to), operands)
    }

    /// A zero point like the scale that it belongs to.
    private static func fitted(_ node: inout NodeImport, _ zero: ValueID, _ sizes: [Dim], _ dtype: DType) throws -> ValueID {
        let own = try node.cast(zero, to: dtype)
        if node.shape(own).reduce(1, *) == sizes.reduce(1, *) { return try node.reshape(own, sizes) }
        return try node.expand(own, sizes)
    }

    /// Where the numbers of `scale` belong, and the shape that it has for it.
    private static func placed(
        _ node: inout NodeImport, _ scale: ValueID, over x: ValueID
    ) throws -> (placement: ScalePlacement, sizes: [Dim]) {
        let (sizes, rank) = (node.shape(scale), node.rank(x))
        let block = try node.int("block_size", 0)
        if sizes.isEmpty || block <= 0 && sizes.count == 1 && sizes[0].value == 1 { return (ScalePlacement(), []) }
        let axis = rank == 1 ? 0 : try node.axis(try node.int("axis", 1), of: rank)
        guard sizes.count == rank || block <= 0 && sizes.count <= rank else {
            throw NodeProblem("a scale of \(node.type(scale)) does not fit blocks of \(node.type(x))")
        }
        if block <= 0, sizes.count == 1 { return (ScalePlacement(axis: axis), sizes) }
        return (ScalePlacement(axis: axis, block: max(block, 0)), [Dim](repeating: 1, count: rank - sizes.count) + sizes)
    }

    /// round(levels) + zero; narrow floats are rounded by their conversion, which saturates as that of floats to integers does.
    private static func shifted(_ node: inout NodeImport, _ levels: ValueID, _ zero: ValueID?, to: DType) throws -> ValueID {
        let isNarrow = to.narrowFloat != nil
        var levels = isNarrow ? levels : try node.unary(Round.self, levels)
        // 16 bits do not hold every level.
        if node.dtype(levels).bits < 32 { levels = try node.cast(levels, to: .f32) }
        if let zero { levels = try node.binary(Add.self, levels, try node.cast(zero, to: node.dtype(levels))) }
        return try node.cast(levels, to: to)
    }

    /// Levels 0...255 for the range of x and 0.
    static func dynamicallyQuantized(
        _ node: inout NodeImport, _ x: ValueID
    ) throws -> (value: ValueID, scale: ValueID, zero: ValueID) {
        let results = try node.add(DynamicQuantize(), try node.cast(x, to: .f32))
        return (results[0], results[1], results[2])
    }

    // MARK: Products

    /// The product of the levels as i32.
    private static func integerProduct(_ node: inout NodeImport, _ a: Quantized, _ b: Quantized) throws -> ValueID {
        if let sums = try denseProduct(&node, a, b) { return sums }
        let product = try quantizedProduct(&node, a, b)
        // What i32 does not hold wraps.
        return try node.cast(node.dtype(product) == .f64 ? try node.cast(product, to: .i64) : product, to: .i32)
    }

    /// Σ (a - zero) (b - zero), exact for levels of 8 bits: f32 where it holds every partial sum, else f64.
    static func quantizedProduct(_ node: inout NodeImport, _ a: Quantized, _ b: Quantized) throws -> ValueID {
        if let sums = try denseProduct(&node, a, b) { return try node.cast(sums, to: .f32) }
        func largest(_ q: Quantized) -> Int { node.dtype(q.value) == .i8 && q.zero == nil ? 128 : 255 }
        let isNarrow = node.dtype(a.value).narrowFloat != nil
        let most = (1 << 24) / (largest(a) * largest(b))
        let depth = node.shape(a.value).last?.value
        let dtype: DType = isNarrow || depth.map { $0 <= most } ?? false ? .f32 : .f64
        // A vector of zero points of a is one for each row.
        let rows = Quantized(value: a.value, scale: nil, zero: try a.zero.map { try column(&node, $0, of: a.value) })
        return try matmul(&node, try product(&node, rows, dtype), try product(&node, b, dtype))
    }

    private static func product(_ node: inout NodeImport, _ q: Quantized, _ dtype: DType) throws -> ValueID {
        let value = try node.cast(q.value, to: dtype)
        return try q.zero.map { try node.binary(Sub.self, value, try node.cast(try single($0, &node), to: dtype)) } ?? value
    }

    private static func single(_ value: ValueID, _ node: inout NodeImport) throws -> ValueID {
        node.rank(value) == 1 && node.shape(value)[0].value == 1 ? try node.reshape(value, []) : value
    }

    /// A vector of more than one element as a column, if it belongs to a matrix.
    private static func column(_ node: inout NodeImport, _ vector: ValueID, of matrix: ValueID) throws -> ValueID {
        guard node.rank(vector) == 1, node.shape(vector)[0].value != 1, node.rank(matrix) >= 2 else { return vector }
        return try node.unsqueeze(vector, 1)
    }

    /// `levels` times scales of a left and a right operand, over `scale`, in levels of the type of `zero`, or else of `other`.
    static func requantized(
        _ node: inout NodeImport, _ levels: ValueID, by scales: [ValueID?], scale: ValueID, zero: ValueID?, else other: Quantized
    ) throws -> ValueID {
        let factor = try node.binary(Div.self, try factor(&node, scales, of: levels), try single(scale, &node))
        let scaled = try node.binary(Mul.self, try node.cast(levels, to: .f32), try node.cast(factor, to: .f32))
        return try shifted(&node, scaled, try zero.map { try single($0, &node) }, to: node.dtype(zero ?? other.value))
    }

    /// The product of the scales, that of the left one for rows.
    static func factor(_ node: inout NodeImport, _ scales: [ValueID?], of levels: ValueID) throws -> ValueID {
        guard scales.count == 2, let left = scales[0], let right = scales[1] else { throw NodeProblem("a scale is missing") }
        let rows = try single(try column(&node, left, of: levels), &node)
        return try node.binary(Mul.self, rows, try node.cast(try single(right, &node), to: node.dtype(rows)))
    }
}
