import CKernels
import IR

private let reduceKernels: [String: tk_reduce_op] = [
    "reduce_sum": TK_REDUCE_SUM, "reduce_mean": TK_REDUCE_MEAN, "reduce_max": TK_REDUCE_MAX, "reduce_min": TK_REDUCE_MIN,
    "reduce_prod": TK_REDUCE_PROD, "reduce_any": TK_REDUCE_ANY, "reduce_all": TK_REDUCE_ALL,
]

extension Reduce: Lowerable {
    /// Reduced axes that are not neighbours are first moved to the end.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.operand(node, 0)
        let reduced = Set(axes.map { $0 < 0 ? $0 + x.rank : $0 })
        guard let kernel = reduceKernels[node.opName], supports(x.dtype, kernel) else { return try lowerByEvaluation(node, context) }
        let sorted = reduced.sorted()
        let adjacent = zip(sorted, sorted.dropFirst()).allSatisfy { $1 == $0 + 1 }
        var (source, outer, inner) = (x, 1, 1)
        if adjacent {
            source = try context.dense(node, 0)
            outer = x.sizes[..<(sorted.first ?? x.rank)].reduce(1, *)
            inner = sorted.last.map { x.sizes[($0 + 1)...].reduce(1, *) } ?? 1
        } else {
            let moved = x.transposed(x.sizes.indices.filter { !reduced.contains($0) } + sorted)
            source = context.allocate(x.dtype, moved.sizes)
            try context.copy(moved, to: source)
            outer = x.sizes.indices.filter { !reduced.contains($0) }.reduce(1) { $0 * x.sizes[$1] }
        }
        let count = sorted.reduce(1) { $0 * x.sizes[$1] }
        let y = try context.result(node)
        let (from, out, type, groups, tail) = (source.ref, y.ref, x.dtype.kernelType, outer, inner)
        context.emit(node.opName, [source, y]) { Outcome(tk_reduce(type, kernel, $0.raw(from), $0.raw(out), groups, count, tail)) }
    }

    private func supports(_ dtype: DType, _ kernel: tk_reduce_op) -> Bool {
        switch dtype {
        case .f32: kernel != TK_REDUCE_ANY && kernel != TK_REDUCE_ALL
        case .i64, .i32: [TK_REDUCE_SUM, TK_REDUCE_MAX, TK_REDUCE_MIN, TK_REDUCE_PROD].contains(kernel)
        case .bool, .u8: kernel == TK_REDUCE_ANY || kernel == TK_REDUCE_ALL
        default: false
        }
    }
}

extension ArgMax: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerArg(node, context, axis: axis, minimum: 0) }
}

extension ArgMin: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerArg(node, context, axis: axis, minimum: 1) }
}

private func lowerArg(_ node: Node, _ context: LoweringContext, axis: Int, minimum: Int32) throws {
    let x = try context.dense(node, 0)
    let axis = axis < 0 ? axis + x.rank : axis
    guard [.f32, .i64, .i32].contains(x.dtype), x.sizes[axis] > 0 else { return try lowerByEvaluation(node, context) }
    let y = try context.result(node)
    let (outer, count, inner) = (x.sizes[..<axis].reduce(1, *), x.sizes[axis], x.sizes[(axis + 1)...].reduce(1, *))
    let (from, out, type) = (x.ref, y.ref, x.dtype.kernelType)
    context.emit(node.opName, [x, y]) { Outcome(tk_arg_reduce(type, minimum, $0.raw(from), $0.i64(out), outer, count, inner)) }
}

extension TopK: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.dense(node, 0)
        let isLast = axis == -1 || axis == x.rank - 1
        guard isLast, x.dtype == .f32 else { return try lowerByEvaluation(node, context) }
        let (values, indices) = (try context.result(node, 0), try context.result(node, 1))
        let columns = x.sizes.last ?? 1
        let rows = columns == 0 ? 0 : x.count / columns
        let (from, out, ids, limit) = (x.ref, values.ref, indices.ref, k)
        context.emit("top_k", [x, values, indices]) {
            Outcome(tk_top_k($0.f32(from), $0.f32(out), $0.i64(ids), rows, columns, limit))
        }
    }
}

extension CumSum: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.dense(node, 0)
        guard [.f32, .i64, .i32].contains(x.dtype) else { return try lowerByEvaluation(node, context) }
        let y = try context.result(node)
        let axis = axis < 0 ? axis + x.rank : axis
        let (outer, count, inner) = (x.sizes[..<axis].reduce(1, *), x.sizes[axis], x.sizes[(axis + 1)...].reduce(1, *))
        let (from, out, type) = (x.ref, y.ref, x.dtype.kernelType)
        let flags: (Int32, Int32) = (exclusive ? 1 : 0, reverse ? 1 : 0)
        context.emit("cumsum", [x, y]) {
            Outcome(tk_cumsum(type, $0.raw(from), $0.raw(out), outer, count, inner, flags.0, flags.1))
        }
    }
}
