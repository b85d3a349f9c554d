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
        let (x, indices) = (try context.dense(node, 0), try context.dense(node, 1))
        guard indexTypes.contains(indices.dtype) else { return try lowerByEvaluation(node, context) }
        let y = try context.result(node)
        let part = thirds(x.sizes, positive(axis, x.rank))
        let (from, ids, out, type, count) = (x.ref, indices.ref, y.ref, indices.dtype.kernelType, indices.count)
        let bytes = part.inner * x.dtype.byteWidth
        context.emit("gather", [x, indices, y]) { memory in
            indexed { tk_gather(memory.raw(from), part.outer, part.size, bytes, type, memory.raw(ids), count, memory.raw(out), $0) }
        }
    }
}

let indexTypes: Set<DType> = [.i64, .i32, .u32, .i16, .u16, .u8]

extension GatherElements: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let (x, indices) = (try context.dense(node, 0), try context.dense(node, 1))
        let axis = positive(axis, x.rank)
        let (source, target) = (thirds(x.sizes, axis), thirds(indices.sizes, axis))
        guard indexTypes.contains(indices.dtype), source.outer == target.outer, source.inner == target.inner else {
            return try lowerByEvaluation(node, context)
        }
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
        let (target, source) = (thirds(x.sizes, axis), thirds(indices.sizes, axis))
        guard indexTypes.contains(indices.dtype), source.outer == target.outer, source.inner == target.inner else {
            return try lowerByEvaluation(node, context)
        }
        let y = try context.result(node)
        try context.copy(x, to: y)
        let (new, ids, out, type, width) = (updates.ref, indices.ref, y.ref, indices.dtype.kernelType, x.dtype.byteWidth)
        context.emit("scatter_elements", [updates, indices, y]) { memory in
            indexed {
                tk_scatter_elements(
                    memory.raw(new), type, memory.raw(ids), memory.raw(out), target.outer, target.size, source.size,
                    target.inner, width, $0)
            }
        }
    }
}

extension ScatterRows: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.operand(node, 0)
        let (indices, updates) = (try context.dense(node, 1), try context.dense(node, 2))
        guard indexTypes.contains(indices.dtype), !add || x.dtype == .f32 else {
            return try lowerByEvaluation(node, context)
        }
        let y = try context.result(node)
        try context.copy(x, to: y)
        let (rows, columns) = (x.sizes[0], x.sizes[1...].reduce(1, *))
        let (new, ids, out, type, count) = (updates.ref, indices.ref, y.ref, indices.dtype.kernelType, indices.count)
        let (bytes, isSum) = (columns * x.dtype.byteWidth, add)
        context.emit("scatter_rows", [updates, indices, y]) { memory in
            indexed { bad in
                isSum
                    ? tk_scatter_add_rows(memory.f32(new), type, memory.raw(ids), count, columns, memory.f32(out), rows, bad)
                    : tk_scatter_rows(memory.raw(new), type, memory.raw(ids), count, bytes, memory.raw(out), rows, bad)
            }
        }
    }
}
