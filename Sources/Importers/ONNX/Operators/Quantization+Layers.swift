import IR

/// Quantized operators of com.microsoft: the plain operator on what the levels stand for, or exact products of levels.
extension OperatorMapping {
    static let quantizedLayers: [OperatorMapping] = [
        .one("DynamicQuantizeMatMul", domain: microsoftDomain) { node in
            let dynamic = try dynamicallyQuantized(&node, try node.input(0))
            let a = Quantized(value: dynamic.value, scale: dynamic.scale, zero: dynamic.zero)
            let b = Quantized(value: try node.input(1), scale: try node.input(2), zero: node.optional(3))
            return try scaledProduct(&node, a, b, bias: node.optional(4))
        },
        .one("MatMulIntegerToFloat", domain: microsoftDomain) { node in
            let a = Quantized(value: try node.input(0), scale: try node.input(2), zero: node.optional(4))
            let b = Quantized(value: try node.input(1), scale: try node.input(3), zero: node.optional(5))
            return try scaledProduct(&node, a, b, bias: node.optional(6))
        },
        .one("QGemm", domain: microsoftDomain) { node in try quantizedGemm(&node) },
        .one("QLinearMatMul", domain: microsoftDomain) { node in
            let (a, b) = (try quantizedInput(&node, 0), try quantizedInput(&node, 3))
            let product = try quantizedProduct(&node, a, b)
            return try requantized(&node, product, by: [a.scale, b.scale], scale: try node.input(6), zero: node.optional(7), else: a)
        },
        onLevels("QLinearAdd", operands: 2) { try $0.binary(Add.self, $1[0], $1[1]) },
        onLevels("QLinearMul", operands: 2) { try $0.binary(Mul.self, $1[0], $1[1]) },
        onLevels("QLinearSigmoid") { try $0.unary(Sigmoid.self, $1[0]) },
        onLevels("QLinearLeakyRelu") { node, x in
            let scaled = try node.binary(Mul.self, x[0], try node.float("alpha", 0.01))
            return try node.choose(try node.compare(Less.self, x[0], 0), scaled, x[0])
        },
        onLevels("QLinearSoftmax") { node, x in try node.apply("Softmax", version: try node.int("opset", 13), [x[0]]) },
        onLevels("QLinearReduceMean") { node, x in try node.apply("ReduceMean", version: 13, [x[0]]) },
        onLevels("QLinearAveragePool") { node, x in
            try channelsFirst(&node, x[0]) { try $0.apply("AveragePool", version: 19, [$1]) }
        },
        onLevels("QLinearGlobalAveragePool") { node, x in
            try channelsFirst(&node, x[0]) { node, x in
                try node.reduce(ReduceMean.self, x, Array(min(2, node.rank(x))..<node.rank(x)), keepDims: true)
            }
        },
        .one("QLinearConcat", domain: microsoftDomain) { node in
            let parts = try stride(from: 2, to: node.inputs.count, by: 3).map { index in
                try dequantized(&node, try quantizedInput(&node, index))
            }
            guard let first = parts.first else { throw NodeProblem("it has no inputs") }
            let axis = try node.axis(try node.int("axis", 0), of: node.rank(first))
            return try levels(&node, try node.concat(parts, axis: axis), scaleInput: 0, else: try node.input(2))
        },
        .one("QLinearWhere", domain: microsoftDomain) { node in
            let (x, y) = (try quantizedInput(&node, 1), try quantizedInput(&node, 4))
            let chosen = try node.choose(try node.input(0), try dequantized(&node, x), try dequantized(&node, y))
            return try levels(&node, chosen, scaleInput: 7, else: x.value)
        },
    ]

    private typealias OnLevels = @Sendable (inout NodeImport, [ValueID]) throws -> ValueID

    /// An operator on what levels stand for: operands with scale and zero point each, then those of the result.
    private static func onLevels(_ name: String, operands: Int = 1, _ compute: @escaping OnLevels) -> OperatorMapping {
        .one(name, domain: microsoftDomain) { node in
            let inputs = try (0..<operands).map { try quantizedInput(&node, 3 * $0) }
            let result = try compute(&node, try inputs.map { try dequantized(&node, $0) })
            return try levels(&node, result, scaleInput: 3 * operands, else: inputs[0].value)
        }
    }

    /// `x` in levels of the type of the zero point behind the scale, or else of `other`.
    private static func levels(_ node: inout NodeImport, _ x: ValueID, scaleInput: Int, else other: ValueID) throws -> ValueID {
        let zero = node.optional(scaleInput + 1)
        return try quantized(&node, x, scale: try node.input(scaleInput), zero: zero, to: node.dtype(zero ?? other))
    }

    /// `body` of x with its channels in dimension 1, wherever attribute `channels_last` says they are.
    private static func channelsFirst(
        _ node: inout NodeImport, _ x: ValueID, _ body: (inout NodeImport, ValueID) throws -> ValueID
    ) throws -> ValueID {
        let rank = node.rank(x)
        guard try node.flag("channels_last", false), rank > 2 else { return try body(&node, x) }
        let moved = try node.transpose(x, [0, rank - 1] + Array(1..<rank - 1))
        return try node.transpose(try body(&node, moved), [0] + Array(2..<rank) + [1])
    }

    static func scaledProduct(
        _ node: inout NodeImport, _ a: Quantized, _ b: Quantized, bias: ValueID?
    ) throws -> ValueID {
        let product = try quantizedProduct(&node, a, b)
        let scale = try factor(&node, [a.scale, b.scale], of: product)
        let y = try node.binary(Mul.self, try node.cast(product, to: node.dtype(scale)), scale)
        return try bias.map { try node.binary(Add.self, y, $0) } ?? y
    }

    /// The bias is of levels as the product is.
    private static func quantizedGemm(_ node: inout NodeImport) throws -> ValueID {
        var (a, b) = (try quantizedInput(&node, 0), try quantizedInput(&node, 3))
        func turned(_ q: Quantized, _ name: String) throws -> Quantized {
            guard try node.flag(name, false) else { return q }
            return Quantized(value: try node.transpose(q.value, [1, 0]), scale: q.scale, zero: q.zero)
        }
        (a, b) = (try turned(a, "transA"), try turned(b, "transB"))
        var product = try quantizedProduct(&node, a, b)
        if let bias = node.optional(6) {
            product = try node.binary(Add.self, try node.cast(product, to: .f64), try node.cast(bias, to: .f64))
        }
        let alpha = try node.float("alpha", 1)
        let left = try a.scale.map { alpha == 1 ? $0 : try node.binary(Mul.self, $0, alpha) }
        if let scale = node.optional(7) {
            return try requantized(&node, product, by: [left, b.scale], scale: scale, zero: node.optional(8), else: a)
        }
        let scale = try factor(&node, [left, b.scale], of: product)
        return try node.binary(Mul.self, try node.cast(product, to: node.dtype(scale)), scale)
    }
}
