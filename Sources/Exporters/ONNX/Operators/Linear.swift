import IR

extension ExportMapping {
    static let linear: [ExportMapping] = [
        .one("matmul") { node in
            let op = try node.op(MatMul.self)
            let (a, b) = (node.rounded(try node.input(0), op.bf16), node.rounded(try node.input(1), op.bf16))
            return node.emit(
                "MatMul", op.transposeA ? node.transposed(a, rank: try node.rank(0)) : a,
                op.transposeB ? node.transposed(b, rank: try node.rank(1)) : b)
        },
        .one("det") { node in node.emit("Det", try node.input(0)) },
        .one("linear") { node in try dense(node, weight: 1, bias: 2, bf16: try node.op(Linear.self).bf16) },
        .one("fused_linear") { node in
            let dtype = try node.dtype(0)
            let op = try node.op(FusedLinear.self)
            let y = try node.activation(op.activation, try dense(node, weight: 1, bias: 2, bf16: op.bf16), dtype)
            return try node.gatedAndAdded(y, gate: 3, residual: 4, dtype)
        },
        .one("gated_linear") { node in
            let gate = try node.activation(
                try node.op(GatedLinear.self).activation, try dense(node, weight: 1, bias: 3), try node.dtype(0))
            return node.emit("Mul", gate, try dense(node, weight: 2, bias: 4))
        },
    ]

    /// x·weightᵀ + bias. A matrix takes one Gemm; for more dimensions the weight is turned, which runtimes do once.
    private static func dense(_ node: NodeExport, weight: Int, bias: Int, bf16: Bool = false) throws -> String {
        let dtype = try node.dtype(0)
        let (x, w) = (node.rounded(try node.input(0), bf16), node.rounded(try node.input(weight, as: dtype), bf16))
        let b = try node.optional(bias, as: dtype)
        if try node.rank(0) == 2 { return node.emit("Gemm", [x, w] + (b.map { [$0] } ?? []), [.int("transB", 1)]) }
        let product = node.emit("MatMul", x, node.transpose(w, [1, 0]))
        return b.map { node.emit("Add", product, $0) } ?? product
    }
}

extension NodeExport {
    /// An operand of a product that rounds what it multiplies to bf16.
    fileprivate func rounded(_ x: String, _ isRounded: Bool) -> String {
        isRounded ? cast(cast(x, from: .f32, to: .bf16), from: .bf16, to: .f32) : x
    }

    /// y · gate + residual, as far as there are such operands.
    func gatedAndAdded(_ y: String, gate: Int, residual: Int, _ dtype: DType) throws -> String {
        let gated = try optional(gate, as: dtype).map { emit("Mul", y, $0) } ?? y
        return try optional(residual, as: dtype).map { emit("Add", gated, $0) } ?? gated
    }
}
