import CKernels
import IR

extension Activation {
    var kernel: tk_activation {
        switch self {
        case .none: TK_ACT_NONE
        case .relu: TK_ACT_RELU
        case .gelu: TK_ACT_GELU_ERF
        case .geluTanh: TK_ACT_GELU_TANH
        case .silu: TK_ACT_SILU
        case .tanh: TK_ACT_TANH
        case .sigmoid: TK_ACT_SIGMOID
        }
    }
}

extension MatMul: Lowerable {
    /// The last two dimensions are matrices (either may be the contiguous one); the others are at most two batch dimensions.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        guard context.graph.type(of: node.outputs[0]).dtype.isFloat else { return try lowerByEvaluation(node, context) }
        let target = try context.sizes(of: node.outputs[0])
        let batch = Array(target.dropLast(2))
        var a = try matrix(node, 0, context)
        var b = try matrix(node, 1, context)
        guard a.dtype == .f32 || a.dtype == .f64 && !bf16 else { return try lowerByEvaluation(node, context) }
        a = a.expanded(to: batch + a.sizes.suffix(2))
        b = b.expanded(to: batch + b.sizes.suffix(2))
        let y = try context.result(node)
        emitBatches(context, a, b, y)
    }

    /// Operand `index` with one of its last two dimensions contiguous.
    private func matrix(_ node: Node, _ index: Int, _ context: LoweringContext) throws -> View {
        let view = try context.operand(node, index)
        let (rows, columns) = (view.strides[view.rank - 2], view.strides[view.rank - 1])
        let usable = (columns == 1 && rows >= view.sizes[view.rank - 1]) || (rows == 1 && columns >= view.sizes[view.rank - 2])
        return usable ? view : try context.dense(node, index)
    }

    /// One call for up to two uneven batch dimensions, else one for each index of the first.
    private func emitBatches(_ context: LoweringContext, _ a: View, _ b: View, _ y: View) {
        let views = [a, b, y]
        var (sizes, steps) = collapse(Array(y.sizes.dropLast(2)), views.map { Array($0.strides.dropLast(2)) })
        if sizes.count > 2 {
            for index in 0..<y.sizes[0] {
                let parts = views.map { $0.picked(index) }
                emitBatches(context, parts[0], parts[1], parts[2])
            }
            return
        }
        while sizes.count < 2 {
            sizes.insert(1, at: 0)
            for operand in steps.indices { steps[operand].insert(0, at: 0) }
        }
        emit(context, a, b, y, sizes, steps)
    }

    private func emit(_ context: LoweringContext, _ a: View, _ b: View, _ y: View, _ batch: [Int], _ steps: [[Int]]) {
        var arguments = tk_matmul_args()
        arguments.m = y.sizes[y.rank - 2]
        arguments.n = y.sizes[y.rank - 1]
        arguments.k = a.sizes[a.rank - (transposeA ? 2 : 1)]
        arguments.alpha = 1
        (arguments.transpose_a, arguments.lda) = layout(a, transposed: transposeA)
        (arguments.transpose_b, arguments.ldb) = layout(b, transposed: transposeB)
        arguments.ldc = max(y.sizes[y.rank - 1], 1)
        (arguments.batch_outer, arguments.batch_inner) = (batch[0], batch[1])
        (arguments.a_outer, arguments.a_inner) = (steps[0][0], steps[0][1])
        (arguments.b_outer, arguments.b_inner) = (steps[1][0], steps[1][1])
        (arguments.c_outer, arguments.c_inner) = (steps[2][0], steps[2][1])
        arguments.bf16 = bf16 ? 1 : 0
        if !bf16, BlasProduct.isPreferred(a.dtype) { return BlasProduct(arguments, a.dtype).emit(context, a, b, y) }
        let scratch = context.scratch(tk_matmul_scratch(&arguments, tk_max_threads()))
        let (x0, x1, out, work, template) = (a.ref, b.ref, y.ref, scratch?.ref, arguments.boxed)
        context.emit("matmul", [a, b, y, scratch]) { memory in
            var arguments = template.value
            arguments.a = UnsafePointer(memory.f32(x0))
            arguments.b = UnsafePointer(memory.f32(x1))
            arguments.c = memory.f32(out)
            return Outcome(tk_matmul(&arguments, memory.raw(work)))
        }
    }

    /// Whether the kernel must transpose, given how the view really lies, and its leading dimension.
    private func layout(_ view: View, transposed: Bool) -> (Int32, Int) {
        let (rows, columns) = (view.sizes[view.rank - 2], view.sizes[view.rank - 1])
        let (rowStride, columnStride) = (view.strides[view.rank - 2], view.strides[view.rank - 1])
        let swapped = !(columnStride == 1 && rowStride >= columns) && rowStride == 1
        let leading = swapped ? max(columnStride, rows) : max(rowStride, columns)
        return (swapped != transposed ? 1 : 0, max(leading, 1))
    }
}

extension Attention: Lowerable {
    /// Heads and rows are read through strides, and the result lies as [batch, row, head, channel], so that the transposes around
    /// attention cost nothing.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let (q, k, v) = (
            try context.lastContiguous(node, 0), try context.lastContiguous(node, 1), try context.lastContiguous(node, 2)
        )
        let full = [q.sizes[0], q.sizes[1], q.sizes[2], k.sizes[2]]
        guard allF32([q, try context.optional(node, 4)]), [k, v].allSatisfy({ [.f32, .bf16].contains($0.dtype) }) else {
            return try lowerByEvaluation(node, context)
        }
        let (mask, bias) = try maskViews(node, full, context)
        let lying = context.allocate(.f32, [q.sizes[0], q.sizes[2], q.sizes[1], v.sizes[3]])
        let y = lying.transposed([0, 2, 1, 3])
        context.define(node, as: y)
        var arguments = tk_attention_args()
        (arguments.batch, arguments.heads, arguments.nq, arguments.d) = (q.sizes[0], q.sizes[1], q.sizes[2], q.sizes[3])
        (arguments.nk, arguments.dv, arguments.scale) = (k.sizes[2], v.sizes[3], Float(scale))
        arguments.group = k.sizes[1] > 0 ? q.sizes[1] / k.sizes[1] : 1
        (arguments.q_batch, arguments.q_head, arguments.q_row) = (q.strides[0], q.strides[1], q.strides[2])
        (arguments.k_batch, arguments.k_head, arguments.k_row) = (k.strides[0], k.strides[1], k.strides[2])
        (arguments.v_batch, arguments.v_head, arguments.v_row) = (v.strides[0], v.strides[1], v.strides[2])
        (arguments.y_batch, arguments.y_head, arguments.y_row) = (y.strides[0], y.strides[1], y.strides[2])
        if let strides = (mask ?? bias)?.strides {
            (arguments.mask_batch, arguments.mask_head, arguments.mask_row) = (strides[0], strides[1], strides[2])
        }
        arguments.off_by_one = offByOne ? 1 : 0
        arguments.causal = causal ? 1 : 0
        arguments.narrow = int8 && arguments.nq >= Attention.leastInt8Queries ? 1 : 0
        (arguments.half_k, arguments.half_v) = (k.dtype == .bf16 ? 1 : 0, v.dtype == .bf16 ? 1 : 0)
        let scratch = context.scratch(tk_attention_scratch(&arguments, tk_max_threads()))
        let (qr, kr, vr, yr, mr, br, work) = (q.ref, k.ref, v.ref, y.ref, mask?.ref, bias?.ref, scratch?.ref)
        let template = arguments.boxed
        context.emit("attention", [q, k, v, mask, bias, lying, scratch]) { memory in
            var arguments = template.value
            arguments.q = UnsafePointer(memory.f32(qr))
            arguments.k = UnsafeRawPointer(memory.raw(kr))
            arguments.v = UnsafeRawPointer(memory.raw(vr))
            arguments.y = memory.f32(yr)
            arguments.mask = UnsafePointer(memory.u8(mr))
            arguments.bias = UnsafePointer(memory.f32(br))
            return Outcome(tk_attention(&arguments, memory.raw(work)))
        }
    }

    /// Mask and bias stretched to [batch, heads, rows, keys], keys contiguous, with equal strides if both are there.
    private func maskViews(_ node: Node, _ full: [Int], _ context: LoweringContext) throws -> (View?, View?) {
        let views = try [3, 4].map { try context.optional(node, $0)?.expanded(to: full) }
        if let mask = views[0], let bias = views[1], mask.strides != bias.strides || mask.strides[3] != 1 {
            let repeated = full.indices.filter { $0 < 3 && mask.strides[$0] == 0 && bias.strides[$0] == 0 }
            return (try keyed(mask, repeated, context), try keyed(bias, repeated, context))
        }
        return (try views[0].map { try contiguousKeys($0, context) }, try views[1].map { try contiguousKeys($0, context) })
    }

    private func contiguousKeys(_ view: View, _ context: LoweringContext) throws -> View {
        if view.strides[3] == 1 || view.sizes[3] <= 1 { return view }
        return try keyed(view, (0..<3).filter { view.strides[$0] == 0 }, context)
    }

    /// A copy of a stretched mask that still repeats along the dimensions `repeated`.
    private func keyed(_ view: View, _ repeated: [Int], _ context: LoweringContext) throws -> View {
        let once = repeated.reduce(view) { $0.sizes[$1] > 0 ? $0.sliced(axis: $1, start: 0, count: 1) : $0 }
        return try context.copied(once).expanded(to: view.sizes)
    }
}
