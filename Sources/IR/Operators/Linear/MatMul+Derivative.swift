/// da = dy · bᵀ and db = aᵀ · dy, each transposed where the operand is stored so.
extension MatMul: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        try RoundedOperands.refuse(bf16)
        let (a, b, dy) = (try node.input(0), try node.input(1), try node.cotangent())
        return [
            try node.wanted(0) {
                transposeA
                    ? try b.product(dy, transposed: transposeB, otherTransposed: true)
                    : try dy.product(b, otherTransposed: !transposeB)
            },
            try node.wanted(1) { try second(a, b, dy) },
        ]
    }

    /// Of a matrix that all matrices of a batch were multiplied with, as one product over all their rows.
    private func second(_ a: Traced, _ b: Traced, _ dy: Traced) throws -> Traced {
        let isShared = b.rank == 2 && a.rank > 2 && !transposeA
        let (left, right) = isShared ? (try a.rows(), try dy.rows()) : (a, dy)
        return transposeB
            ? try right.product(left, transposed: true, otherTransposed: transposeA)
            : try left.product(right, transposed: !transposeA)
    }
}
