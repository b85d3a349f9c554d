import IR

/// Activations with a bias in front, products with more around them.
extension OperatorMapping {
    static let microsoftActivations: [OperatorMapping] = [
        microsoft("Gelu") { node in [try node.unary(Gelu.self, try node.input(0))] },
        microsoft("BiasGelu") { node in [try node.unary(Gelu.self, try biased(&node))] },
        microsoft("FastGelu") { node in [try node.unary(GeluTanh.self, try biased(&node))] },
        microsoft("QuickGelu") { node in
            let x = try node.input(0)
            let scaled = try node.binary(Mul.self, x, try node.float("alpha", 1.702))
            return [try node.binary(Mul.self, x, try node.unary(Sigmoid.self, scaled))]
        },
        microsoft("BiasSplitGelu") { node in
            let x = try biased(&node)
            let (axis, size) = (node.rank(x) - 1, node.shape(x).last ?? 1)
            let half = size.exactQuotient(by: 2) ?? size.floorDivided(by: 2)
            let left = try node.emit(Slice(axis: axis, start: 0, end: half), x)
            let right = try node.emit(Slice(axis: axis, start: half, end: size), x)
            return [try node.binary(Mul.self, left, try node.unary(Gelu.self, right))]
        },
        microsoft("BiasAdd") { node in [try node.binary(Add.self, try biased(&node), try node.input(2))] },
        microsoft("FusedMatMul") { node in [try fusedProduct(&node)] },
        microsoft("TransposeMatMul") { node in [try fusedProduct(&node)] },
        microsoft("FusedMatMulActivation") { node in [try activated(&node, try fusedProduct(&node))] },
        microsoft("FusedGemm") { node in [try activated(&node, try gemm(&node))] },
        microsoft("GemmFastGelu") { node in
            var y = try matmul(&node, try node.input(0), try node.input(1))
            if let bias = node.optional(2) { y = try node.binary(Add.self, y, bias) }
            return [try node.unary(GeluTanh.self, y)]
        },
    ]

    /// The sum of the first two inputs, of which the second may be missing.
    private static func biased(_ node: inout NodeImport) throws -> ValueID {
        let x = try node.input(0)
        return try node.optional(1).map { try node.binary(Add.self, x, $0) } ?? x
    }

    private static func gemm(_ node: inout NodeImport) throws -> ValueID {
        let product = MatMul(transposeA: try node.flag("transA", false), transposeB: try node.flag("transB", false))
        var y = try node.emit(product, try node.input(0), try node.input(1))
        let (alpha, beta) = (try node.float("alpha", 1), try node.float("beta", 1))
        if alpha != 1 { y = try node.binary(Mul.self, y, alpha) }
        guard let c = node.optional(2), beta != 0 else { return y }
        return try node.binary(Add.self, y, beta == 1 ? c : try node.binary(Mul.self, c, beta))
    }

    private static func fusedProduct(_ node: inout NodeImport) throws -> ValueID {
        let a = try batchFirst(&node, try node.input(0), try node.flag("transBatchA", false))
        let b = try batchFirst(&node, try node.input(1), try node.flag("transBatchB", false))
        let (transposeA, transposeB) = (try node.flag("transA", false), try node.flag("transB", false))
        let y: ValueID
        if node.rank(a) < 2 || node.rank(b) < 2 {
            // A transposed vector is the vector.
            let left = transposeA && node.rank(a) > 1 ? try swapped(&node, a) : a
            let right = transposeB && node.rank(b) > 1 ? try swapped(&node, b) : b
            y = try matmul(&node, left, right)
        } else {
            y = try node.emit(MatMul(transposeA: transposeA, transposeB: transposeB), a, b)
        }
        let alpha = try node.float("alpha", 1)
        return alpha == 1 ? y : try node.binary(Mul.self, y, alpha)
    }

    private static func swapped(_ node: inout NodeImport, _ x: ValueID) throws -> ValueID {
        let rank = node.rank(x)
        return try node.transpose(x, Array(0..<rank - 2) + [rank - 1, rank - 2])
    }

    /// `[m, batch…, k]` as `[batch…, m, k]`.
    private static func batchFirst(_ node: inout NodeImport, _ x: ValueID, _ moves: Bool) throws -> ValueID {
        let rank = node.rank(x)
        guard moves, rank > 2 else { return x }
        return try node.transpose(x, Array(1..<rank - 1) + [0, rank - 1])
    }

    /// The activation that attribute `activation` names.
    static func activated(_ node: inout NodeImport, _ x: ValueID) throws -> ValueID {
        let alpha = try node.float("activation_alpha") ?? node.float("leaky_relu_alpha")
        switch try node.string("activation", "") {
        case "": return x
        case "Relu": return try node.unary(Relu.self, x)
        case "Gelu": return try node.unary(Gelu.self, x)
        case let name: return try RecurrentActivation(named: name, alpha, try node.float("activation_beta")).write(&node, x)
        }
    }
}
