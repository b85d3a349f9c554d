import IR

extension OperatorMapping {
    static let linear: [OperatorMapping] = [
        .one("MatMul") { node in try matmul(&node, try node.input(0), try node.input(1)) },
        .one("Gemm") { node in
            let (a, b) = (try node.input(0), try node.input(1))
            let product = MatMul(transposeA: try node.flag("transA", false), transposeB: try node.flag("transB", false))
            var y = try node.emit(product, a, b)
            let (alpha, beta) = (try node.float("alpha", 1), try node.float("beta", 1))
            if alpha != 1 { y = try node.binary(Mul.self, y, alpha) }
            guard var c = node.optional(2), beta != 0 else { return y }
            if beta != 1 { c = try node.binary(Mul.self, c, beta) }
            return try node.binary(Add.self, y, c)
        },
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
}
