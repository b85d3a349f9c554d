import CKernels
import IR

extension Reshape: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let sizes = try context.sizes(of: node.outputs[0])
        let x = try context.operand(node, 0)
        if x.sizes == sizes { return context.define(node, as: x) }
        if let view = x.reshaped(to: sizes) { return context.define(node, as: view) }
        let dense = try context.dense(node, 0)
        guard let view = dense.reshaped(to: sizes) else { throw RuntimeError("\(x.sizes) cannot become \(sizes)") }
        context.define(node, as: view)
    }
}

extension Shape: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let values = try sizes.map { Int64(try context.evaluate($0)) }
        let y = try context.result(node)
        let out = y.ref
        context.emit("shape", [y]) { memory in
            for (index, value) in values.enumerated() { memory.i64(out)[index] = value }
            return .done
        }
    }
}

extension Pack: Lowerable {
    /// Packed weights are the plan's, not a step's; what has no kernel for them reads them as they were.
    func lower(_ node: Node, _ context: LoweringContext) throws {}
}

extension Transpose: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        context.define(node, as: try context.operand(node, 0).transposed(permutation))
    }
}

extension StopGradient: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { context.define(node, as: try context.operand(node, 0)) }
}

extension StraightThrough: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { context.define(node, as: try context.operand(node, 0)) }
}

extension Expand: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let (x, sizes) = (try context.operand(node, 0), try context.sizes(of: node.outputs[0]))
        // Symbols may turn out to be other sizes than those that were hoped for.
        guard x.rank <= sizes.count, zip(x.sizes.reversed(), sizes.reversed()).allSatisfy({ $0 == $1 || $0 == 1 }) else {
            throw RuntimeError("\(x.sizes) does not stretch to \(sizes)")
        }
        context.define(node, as: x.expanded(to: sizes))
    }
}

extension Slice: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.operand(node, 0)
        let axis = self.axis < 0 ? self.axis + x.rank : self.axis
        let (first, last) = (try context.evaluate(start), try context.evaluate(end))
        guard first >= 0, first <= last, last <= x.sizes[axis], step > 0 else {
            throw RuntimeError("the slice \(first)..<\(last) does not lie in dimension \(axis) of size \(x.sizes[axis])")
        }
        context.define(node, as: x.sliced(axis: axis, start: first, count: last == first ? 0 : (last - first - 1) / step + 1, step: step))
    }
}

extension Split: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.operand(node, 0)
        let axis = self.axis < 0 ? self.axis + x.rank : self.axis
        var start = 0
        for (index, size) in sizes.enumerated() {
            let count = try context.evaluate(size)
            guard count >= 0, count <= x.sizes[axis] - start else {
                throw RuntimeError("the parts \(sizes) do not fit dimension \(axis) of size \(x.sizes[axis])")
            }
            context.define(node, index, as: x.sliced(axis: axis, start: start, count: count))
            start += count
        }
        guard start == x.sizes[axis] else {
            throw RuntimeError("the parts \(sizes) do not fill dimension \(axis) of size \(x.sizes[axis])")
        }
    }
}

extension Concat: Lowerable {
    /// Copies the operands that do not lie in their parts of the result yet.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let join = try context.join(node)
        for index in node.inputs.indices where !join.operands.contains(index) {
            let x = try context.operand(node, index)
            if x.count > 0 { try context.copy(x, to: try context.part(index, of: node, in: join.whole)) }
        }
    }
}

extension Pad: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.operand(node, 0)
        let y = try node.hints.contains(.channelsLast) ? context.channelsLastResult(node) : context.result(node)
        if mode == .constant { fill(context, y) }
        var inner = y
        for axis in x.sizes.indices { inner = inner.sliced(axis: axis, start: before[axis], count: x.sizes[axis]) }
        try context.copy(x, to: inner)
        if mode == .constant { return }
        for axis in x.sizes.indices { inner = try margins(context, y, inner, axis, x.sizes[axis]) }
    }

    private func fill(_ context: LoweringContext, _ y: View) {
        let element = value.tensor(y.dtype)
        let (out, count, width) = (y.ref, y.count, y.dtype.byteWidth)
        context.emit("fill", [y]) { Outcome(tk_fill(width, element.bytes.pointer, $0.raw(out), count)) }
    }

    /// Fills both margins of `axis` from `inner`, the part of y that is full in the axes before; what is full then.
    private func margins(_ context: LoweringContext, _ y: View, _ inner: View, _ axis: Int, _ size: Int) throws -> View {
        var full = inner
        full.offset -= before[axis] * y.strides[axis]
        full.sizes[axis] = y.sizes[axis]
        for (count, target, edge, step) in [
            (before[axis], full.sliced(axis: axis, start: before[axis] - 1, count: before[axis], step: -1), 0, 1),
            (after[axis], full.sliced(axis: axis, start: before[axis] + size, count: after[axis]), size - 1, -1),
        ] where count > 0 && full.count > 0 {
            // Outwards from the edge: the edge itself, or what lies ever further inside.
            var source = inner.sliced(axis: axis, start: mode == .edge ? edge : edge + step, count: count, step: step)
            if mode == .edge { source.strides[axis] = 0 }
            try context.copy(source, to: target)
        }
        return full
    }
}

extension PixelShuffle: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        // Other sizes of channels, and of a picture whose channels are neighbours, are views of it.
        let x = try context.operand(node, 0)
        let (batch, channels, height, width) = (x.sizes[0], x.sizes[1] / (factor * factor), x.sizes[2], x.sizes[3])
        let sizes = [batch, channels, factor, factor, height, width]
        guard let parts = try x.reshaped(to: sizes) ?? context.dense(node, 0).reshaped(to: sizes) else {
            throw RuntimeError("x is not dense")
        }
        let y = try node.hints.contains(.channelsLast) ? context.channelsLastResult(node) : context.result(node)
        guard let target = y.reshaped(to: [batch, channels, height, factor, width, factor]) else { throw RuntimeError("y is not dense") }
        try context.copy(parts.transposed([0, 1, 4, 2, 5, 3]), to: target)
    }
}

extension PixelUnshuffle: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.dense(node, 0)
        let (batch, channels, height, width) = (x.sizes[0], x.sizes[1], x.sizes[2] / factor, x.sizes[3] / factor)
        guard let parts = x.reshaped(to: [batch, channels, height, factor, width, factor]) else { throw RuntimeError("x is not dense") }
        let y = try context.result(node)
        guard let target = y.reshaped(to: [batch, channels, factor, factor, height, width]) else { throw RuntimeError("y is not dense") }
        try context.copy(parts.transposed([0, 1, 3, 5, 2, 4]), to: target)
    }
}

extension UpdateSlice: Lowerable {
    /// In place where nobody reads the old content any more; the position is read when the step runs.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.operand(node, 0)
        let update = try context.operand(node, 1)
        let position = try context.dense(node, 2)
        let owned = x.isContiguous && context.isLastRead(of: x, by: node) && (context.isState(x) || context.isArena(x))
        let y: View
        if owned {
            y = x
            context.define(node, as: x)
        } else {
            y = try context.result(node)
            try context.copy(x, to: y)
        }
        var window = y
        for axis in y.sizes.indices {
            guard offsets[axis] >= 0, offsets[axis] + update.sizes[axis] <= y.sizes[axis] else {
                throw RuntimeError("the update of \(update.sizes) at \(offsets) does not fit into \(y.sizes)")
            }
            window = window.sliced(axis: axis, start: offsets[axis], count: update.sizes[axis])
        }
        let limit = y.sizes[axis] - offsets[axis] - update.sizes[axis]
        let (shape, strides) = collapse(update.sizes, [update.strides, window.strides])
        guard shape.count <= Int(TK_MAX_RANK) else { throw RuntimeError("more than \(TK_MAX_RANK) dimensions", .unsupported) }
        let (from, to, at, width) = (update.ref, window.ref, position.ref, y.dtype.byteWidth)
        let distance = y.strides[axis] * width
        context.emit("update_slice", [x, update, position, y]) { memory in
            let start = Int(memory.i64(at)[0])
            guard start >= 0, start <= limit else { return .badPosition(start, limit: limit) }
            return Outcome(
                tk_copy_strided(
                    width, Int32(shape.count), shape, memory.raw(from), strides[0], memory.raw(to) + start * distance, strides[1]))
        }
    }
}
