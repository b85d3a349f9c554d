import IR

extension OperatorMapping {
    static let linear: [OperatorMapping] = [
        .one("MatMul") { node in try matmul(&node, try node.input(0), try node.input(1)) },
        .one("Gemm") { node in try gemm(&node) },
        .one("Einsum") { node in try einsum(&node) },
        .one("Det") { node in try widened(&node) { try $0.emit(Det(), $1) } },
    ]

    /// NumPy's matmul: vectors are rows on the left and columns on the right.
    static func matmul(_ node: inout NodeImport, _ a: ValueID, _ b: ValueID) throws -> ValueID {
        let (isRow, isColumn) = (node.rank(a) == 1, node.rank(b) == 1)
        guard node.rank(a) > 0, node.rank(b) > 0 else { throw NodeProblem("\(node.type(a)) and \(node.type(b)) are no matrices") }
        let left = isRow ? try node.unsqueeze(a, 0) : a
        let right = isColumn ? try node.unsqueeze(b, 1) : b
        var y = try node.emit(MatMul(), left, right)
        if isRow { y = try node.squeeze(y, node.rank(y) - 2) }
        if isColumn { y = try node.squeeze(y, node.rank(y) - 1) }
        return y
    }

    /// alpha · a b + beta · c. Before version 7 c was stretched only where `broadcast` says so, which is all that it can mean.
    private static func gemm(_ node: inout NodeImport) throws -> ValueID {
        let (a, b) = (try node.input(0), try node.input(1))
        let dtype = node.dtype(a)
        var y = try node.emit(MatMul(transposeA: try node.flag("transA", false), transposeB: try node.flag("transB", false)), a, b)
        y = try scaled(&node, y, try node.float("alpha", 1))
        let beta = try node.float("beta", 1)
        if let c = node.optional(2), beta != 0 { y = try added(&node, y, try scaled(&node, c, beta)) }
        return try node.cast(y, to: dtype)
    }

    /// Integers times a fraction are f64 from there on.
    private static func scaled(_ node: inout NodeImport, _ x: ValueID, _ factor: Double) throws -> ValueID {
        if factor == 1 { return x }
        let isWhole = factor == factor.rounded() && abs(factor) < 0x1p31
        return try node.binary(Mul.self, node.dtype(x).isFloat || isWhole ? x : try node.cast(x, to: .f64), factor)
    }

    private static func added(_ node: inout NodeImport, _ a: ValueID, _ b: ValueID) throws -> ValueID {
        if node.dtype(a) == node.dtype(b) { return try node.binary(Add.self, a, b) }
        return try node.binary(Add.self, try node.cast(a, to: .f64), try node.cast(b, to: .f64))
    }
}
