import CKernels
import IR

private let reduceKernels: [String: tk_reduce_op] = [
    "reduce_sum": TK_REDUCE_SUM, "reduce_mean": TK_REDUCE_MEAN, "reduce_max": TK_REDUCE_MAX, "reduce_min": TK_REDUCE_MIN,
    "reduce_prod": TK_REDUCE_PROD, "reduce_any": TK_REDUCE_ANY, "reduce_all": TK_REDUCE_ALL,
]

extension Reduce: Lowerable {
    /// Reads the elements in the order in which they lie, if reduced axes are neighbours in it and the others come as in the result;
    /// else they are copied, reduced axes to the end if they are no neighbours.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.operand(node, 0)
        let reduced = Set(axes.map { $0 < 0 ? $0 + x.rank : $0 })
        guard let kernel = reduceKernels[node.opName] else { return try lowerByEvaluation(node, context) }
        let (kept, count) = (x.sizes.indices.filter { !reduced.contains($0) }, reduced.reduce(1) { $0 * x.sizes[$1] })
        func suits(_ order: [Int]) -> Bool {
            let places = order.indices.filter { reduced.contains(order[$0]) }
            return order.filter { !reduced.contains($0) } == kept && zip(places, places.dropFirst()).allSatisfy { $1 == $0 + 1 }
        }
        let plain = Array(x.sizes.indices)
        let lying = plain.sorted { (x.strides[$0], -$0) > (x.strides[$1], -$1) }
        let (source, order): (View, [Int])
        if suits(lying), x.transposed(lying).isContiguous {
            (source, order) = (x, lying)
        } else if suits(plain) {
            (source, order) = (try context.dense(node, 0), plain)
        } else {
            order = kept + reduced.sorted()
            source = try context.copied(x.transposed(order))
        }
        let first = order.firstIndex(where: reduced.contains) ?? x.rank
        let outer = order[..<first].reduce(1) { $0 * x.sizes[$1] }
        let inner = order[first...].reduce(1) { reduced.contains($1) ? $0 : $0 * x.sizes[$1] }
        let y = try context.result(node)
        let (from, out, type, groups, tail) = (source.ref, y.ref, x.dtype.kernelType, outer, inner)
        context.emit(node.opName, [source, y]) { Outcome(tk_reduce(type, kernel, $0.raw(from), $0.raw(out), groups, count, tail)) }
    }
}

extension ArgReduce: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.dense(node, 0)
        let axis = axis < 0 ? axis + x.rank : axis
        // What is empty, evaluation refuses in words.
        guard x.sizes[axis] > 0 else { return try lowerByEvaluation(node, context) }
        let y = try context.result(node)
        let (outer, count, inner) = (x.sizes[..<axis].reduce(1, *), x.sizes[axis], x.sizes[(axis + 1)...].reduce(1, *))
        let (from, out, type) = (x.ref, y.ref, x.dtype.kernelType)
        let minimum: Int32 = Function.beats(0, 1) ? 1 : 0
        context.emit(node.opName, [x, y]) { Outcome(tk_arg_reduce(type, minimum, $0.raw(from), $0.i64(out), outer, count, inner)) }
    }
}

extension TopK: Lowerable {
    /// The kernel ranks rows: any other axis is moved to the end and back.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let rank = try context.operand(node, 0).rank
        let axis = axis < 0 ? axis + rank : axis
        guard axis == rank - 1 else { return try lowerMoved(node, context, axis, rank) }
        let x = try context.dense(node, 0)
        emit(context, x, values: try context.result(node, 0), indices: try context.result(node, 1))
    }

    private func lowerMoved(_ node: Node, _ context: LoweringContext, _ axis: Int, _ rank: Int) throws {
        let order = (0..<rank).filter { $0 != axis } + [axis]
        let x = try context.copied(try context.operand(node, 0).transposed(order))
        let sizes = Array(x.sizes.dropLast()) + [k]
        let (values, indices) = (context.allocate(x.dtype, sizes), context.allocate(.i64, sizes))
        emit(context, x, values: values, indices: indices)
        let back = (0..<rank).map { $0 == axis ? rank - 1 : $0 < axis ? $0 : $0 - 1 }
        context.define(node, 0, as: values.transposed(back))
        context.define(node, 1, as: indices.transposed(back))
    }

    private func emit(_ context: LoweringContext, _ x: View, values: View, indices: View) {
        let columns = x.sizes.last ?? 1
        let rows = columns == 0 ? 0 : x.count / columns
        let (from, out, ids, limit, type) = (x.ref, values.ref, indices.ref, k, x.dtype.kernelType)
        context.emit("top_k", [x, values, indices]) {
            Outcome(tk_top_k(type, $0.raw(from), $0.raw(out), $0.i64(ids), rows, columns, limit))
        }
    }
}

extension CumSum: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerRunning(node, context, self, "cumsum", tk_cumsum) }
}

extension CumProd: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        try lowerRunning(node, context, CumSum(axis: axis, exclusive: exclusive, reverse: reverse), "cumprod", tk_cumprod)
    }
}

private typealias RunningKernel =
    @Sendable (
        tk_dtype, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int, Int, Int, Int32, Int32
    ) -> tk_status

/// Running sums or products, as `form` says along which axis and how.
private func lowerRunning(_ node: Node, _ context: LoweringContext, _ form: CumSum, _ name: String, _ kernel: @escaping RunningKernel) throws {
    let x = try context.dense(node, 0)
    let y = try context.result(node)
    let axis = form.axis < 0 ? form.axis + x.rank : form.axis
    let (outer, count, inner) = (x.sizes[..<axis].reduce(1, *), x.sizes[axis], x.sizes[(axis + 1)...].reduce(1, *))
    let (from, out, type) = (x.ref, y.ref, x.dtype.kernelType)
    let flags: (Int32, Int32) = (form.exclusive ? 1 : 0, form.reverse ? 1 : 0)
    context.emit(name, [x, y]) { Outcome(kernel(type, $0.raw(from), $0.raw(out), outer, count, inner, flags.0, flags.1)) }
}
