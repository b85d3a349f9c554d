import CKernels
import IR

/// Runs an indexing kernel and turns its status and bad position into an outcome.
private func indexed(_ body: (UnsafeMutablePointer<Int>) -> tk_status) -> Outcome {
    var bad = 0
    let status = body(&bad)
    return status == TK_INDEX_OUT_OF_RANGE ? .badIndex(position: bad) : Outcome(status)
}

/// [before `axis`, `axis`, after `axis`] of dense sizes.
private func thirds(_ sizes: [Int], _ axis: Int) -> (outer: Int, size: Int, inner: Int) {
    (sizes[..<axis].reduce(1, *), sizes[axis], sizes[(axis + 1)...].reduce(1, *))
}

private func positive(_ axis: Int, _ rank: Int) -> Int { axis < 0 ? axis + rank : axis }

extension Gather: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        if let packed = context.packedWeight(node, 0) { return try lower(node, packed, context) }
        let (x, indices) = (try context.dense(node, 0), try context.dense(node, 1))
        let y = try context.result(node)
        let part = thirds(x.sizes, positive(axis, x.rank))
        let (from, ids, out, type, count) = (x.ref, indices.ref, y.ref, indices.dtype.kernelType, indices.count)
        let bytes = part.inner * x.dtype.byteWidth
        context.emit("gather", [x, indices, y]) { memory in
            indexed { tk_gather(memory.raw(from), part.outer, part.size, bytes, type, memory.raw(ids), count, memory.raw(out), $0) }
        }
    }

    /// Rows of a weight as dense layers read it.
    private func lower(_ node: Node, _ packed: PackedWeight, _ context: LoweringContext) throws {
        let indices = try context.dense(node, 1)
        let (weight, y) = (context.view(of: PackedBytes(bytes: packed.bytes)), try context.result(node))
        let layout = tk_packed_layout_of(packed.format, packed.instructionSet.rawValue)
        let (from, ids, out, type, count) = (weight.ref, indices.ref, y.ref, indices.dtype.kernelType, indices.count)
        let (format, rows, columns) = (packed.format, packed.rows, packed.columns)
        context.emit("gather_packed", [weight, indices, y]) { memory in
            indexed {
                tk_gather_packed(format, layout, memory.raw(from), rows, columns, type, memory.raw(ids), count, memory.raw(out), $0)
            }
        }
    }
}

extension View {
    /// The part that indices of `sizes` can reach: cut to these sizes in every dimension but `axis`.
    fileprivate func reachable(_ sizes: [Int], axis: Int) -> View {
        sizes.indices.reduce(self) { $1 == axis ? $0 : $0.sliced(axis: $1, start: 0, count: sizes[$1]) }
    }
}

/// Sizes that symbols left open must be such that every index has its place.
private func checkReach(_ indices: View, _ x: View, _ axis: Int) throws {
    guard indices.rank == x.rank, indices.sizes.indices.allSatisfy({ $0 == axis || indices.sizes[$0] <= x.sizes[$0] }) else {
        throw RuntimeError("indices of \(indices.sizes) reach beyond \(x.sizes)")
    }
}

extension GatherElements: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let indices = try context.dense(node, 1)
        let axis = positive(axis, indices.rank)
        try checkReach(indices, try context.operand(node, 0), axis)
        let part = try context.operand(node, 0).reachable(indices.sizes, axis: axis)
        let x = part.isContiguous ? part : try context.copied(part)
        let (source, target) = (thirds(x.sizes, axis), thirds(indices.sizes, axis))
        let y = try context.result(node)
        let (from, ids, out, type, width) = (x.ref, indices.ref, y.ref, indices.dtype.kernelType, x.dtype.byteWidth)
        context.emit("gather_elements", [x, indices, y]) { memory in
            indexed {
                tk_gather_elements(
                    memory.raw(from), type, memory.raw(ids), memory.raw(out), source.outer, source.size, target.size,
                    source.inner, width, $0)
            }
        }
    }
}

extension ScatterElements: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let (x, indices) = (try context.operand(node, 0), try context.dense(node, 1))
        let updates = try context.dense(node, 2)
        let axis = positive(axis, x.rank)
        try checkReach(indices, x, axis)
        let y = try context.result(node)
        try context.copy(x, to: y)
        let part = y.reachable(indices.sizes, axis: axis)
        // The kernel writes into dense memory.
        let target = part.isContiguous ? part : try context.copied(part)
        emit(context, updates, indices, target, axis)
        if !part.isContiguous { try context.copy(target, to: part) }
    }

    private func emit(_ context: LoweringContext, _ updates: View, _ indices: View, _ y: View, _ axis: Int) {
        let (target, source) = (thirds(y.sizes, axis), thirds(indices.sizes, axis))
        let (new, ids, out, type, width) = (updates.ref, indices.ref, y.ref, indices.dtype.kernelType, y.dtype.byteWidth)
        context.emit("scatter_elements", [updates, indices, y]) { memory in
            indexed {
                tk_scatter_elements(
                    memory.raw(new), type, memory.raw(ids), memory.raw(out), target.outer, target.size, source.size,
                    target.inner, width, $0)
            }
        }
    }
}

extension ScatterReduce: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.operand(node, 0)
        let (indices, updates) = (try context.dense(node, 1), try context.dense(node, 2))
        let axis = positive(axis, x.rank)
        try checkReach(indices, x, axis)
        // Halves are joined in f32, so that what is joined more than once is rounded once.
        let isHalf = x.dtype.isHalf
        let new = isHalf ? context.widened(updates) : updates
        let y = isHalf ? context.allocate(.f32, x.sizes) : try context.result(node)
        try context.copy(isHalf ? context.widened(try context.dense(node, 0)) : x, to: y)
        let part = y.reachable(indices.sizes, axis: axis)
        let target = part.isContiguous ? part : try context.copied(part)
        emit(context, new, indices, target, axis)
        if !part.isContiguous { try context.copy(target, to: part) }
        if isHalf { context.cast(y, to: try context.result(node)) }
    }

    private func emit(_ context: LoweringContext, _ updates: View, _ indices: View, _ y: View, _ axis: Int) {
        let (target, source) = (thirds(y.sizes, axis), thirds(indices.sizes, axis))
        let (new, ids, out, type) = (updates.ref, indices.ref, y.ref, indices.dtype.kernelType)
        let (element, kernel) = (y.dtype.kernelType, reduction.kernel)
        context.emit("scatter_reduce", [updates, indices, y]) { memory in
            indexed {
                tk_scatter_reduce(
                    element, kernel, memory.raw(new), type, memory.raw(ids), memory.raw(out), target.outer, target.size, source.size,
                    target.inner, $0)
            }
        }
    }
}

extension ScatterReduce.Reduction {
    fileprivate var kernel: tk_scatter_op {
        switch self {
        case .add: TK_SCATTER_ADD
        case .mul: TK_SCATTER_MUL
        case .max: TK_SCATTER_MAX
        case .min: TK_SCATTER_MIN
        }
    }
}

extension ScatterRows: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.operand(node, 0)
        let (indices, updates) = (try context.dense(node, 1), try context.dense(node, 2))
        if add && x.dtype.isHalf {
            // Added up in f32, so that a row that is added to more than once is rounded once.
            let sum = context.widened(try context.dense(node, 0))
            emit(context, context.widened(updates), indices, sum)
            return context.cast(sum, to: try context.result(node))
        }
        emit(context, updates, indices, try start(node, context))
    }

    /// Where the result lies, full of x: in its place if nobody else reads that, also where the caller gets the result.
    private func start(_ node: Node, _ context: LoweringContext) throws -> View {
        let x = try context.operand(node, 0)
        if let index = context.outputIndex[node.outputs[0]], context.buffers[x].storage == .output(index), x.isContiguous {
            context.define(node, as: x)
            return x
        }
        let y = try context.resultInPlace(node, over: 0)
        if y == x { return y }
        if let source = node.inputs[0], let fill = context.graph.producer(of: source)?.op as? Fill {
            fill.emit(context, to: y)
        } else {
            try context.copy(x, to: y)
        }
        return y
    }

    private func emit(_ context: LoweringContext, _ updates: View, _ indices: View, _ y: View) {
        let (rows, columns, element) = (y.sizes[0], y.sizes[1...].reduce(1, *), y.dtype.kernelType)
        let (new, ids, out, type, count) = (updates.ref, indices.ref, y.ref, indices.dtype.kernelType, indices.count)
        let (bytes, isSum) = (columns * y.dtype.byteWidth, add)
        context.emit("scatter_rows", [updates, indices, y]) { memory in
            indexed { bad in
                isSum
                    ? tk_scatter_add_rows(element, memory.raw(new), type, memory.raw(ids), count, columns, memory.raw(out), rows, bad)
                    : tk_scatter_rows(memory.raw(new), type, memory.raw(ids), count, bytes, memory.raw(out), rows, bad)
            }
        }
    }
}
