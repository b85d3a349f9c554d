import CKernels
import IR

/// Where the operands of a node lie.
extension LoweringContext {
    func type(of value: ValueID) -> TensorType { graph.type(of: value) }

    func sizes(of value: ValueID) throws -> [Int] { try graph.type(of: value).sizes(binding) }

    func evaluate(_ dim: Dim) throws -> Int { try dim.evaluate(binding) }

    /// Where operand `index` of `node` lies.
    func operand(_ node: Node, _ index: Int) throws -> View {
        guard let view = try optional(node, index) else { throw RuntimeError("operand \(index) is missing") }
        return view
    }

    /// Where operand `index` lies; nil if it is absent.
    func optional(_ node: Node, _ index: Int) throws -> View? {
        guard index < node.inputs.count, let value = node.inputs[index] else { return nil }
        return try view(of: value)
    }

    /// Operand `index`, dense and row-major; copied first if it is not.
    func dense(_ node: Node, _ index: Int) throws -> View {
        guard let view = try optionalDense(node, index) else { throw RuntimeError("operand \(index) is missing") }
        return view
    }

    func optionalDense(_ node: Node, _ index: Int) throws -> View? {
        guard let view = try optional(node, index), let value = node.inputs[index] else { return nil }
        return view.isContiguous ? view.canonical : try materialize(value, view)
    }

    /// Operand `index` as rows with one distance; copied first if its strides do not allow that.
    func rows(_ node: Node, _ index: Int) throws -> (view: View, count: Int, columns: Int, stride: Int) {
        var view = try operand(node, index)
        if view.rows == nil { view = try dense(node, index) }
        guard let rows = view.rows else { throw RuntimeError("operand \(index) cannot be read as rows") }
        return (view, rows.count, rows.columns, rows.stride)
    }

    /// Operand `index` with a contiguous last dimension; copied first if it has not.
    func lastContiguous(_ node: Node, _ index: Int) throws -> View {
        let view = try operand(node, index)
        return view.strides.last == 1 || view.sizes.last == 1 ? view : try dense(node, index)
    }

    func view(of value: ValueID) throws -> View {
        if let view = views[value] { return view }
        guard let key = graph.constantKey(of: graph.unpacked(value)) else {
            throw RuntimeError("\(graph.origin(of: value)) is not computed")
        }
        guard !weights.packedOnly.contains(key) else {
            throw RuntimeError("constant @\(key) is kept packed alone, which no kernel for \(graph.origin(of: value)) reads")
        }
        let type = graph.type(of: value)
        return View(buffer: buffers.constant(key, at: steps.count), dtype: type.dtype, sizes: try type.sizes(binding))
    }

    /// Operand `index` as the kernels of dense layers read it; nil if nothing packs it.
    func packedWeight(_ node: Node, _ index: Int) -> PackedWeight? {
        node.inputs[index].flatMap { graph.packing(of: $0) }.flatMap { weights.weight($0) }
    }

    /// Operand `index` as the kernel of a convolution reads it; nil if nothing packs it, or it cannot be packed for `algorithm`.
    func packedFilter(_ node: Node, _ index: Int, _ algorithm: tk_conv_algorithm) -> PackedFilter? {
        node.inputs[index].flatMap { graph.packing(of: $0) }.flatMap { $0.layout == .filter ? weights.filter($0.key, algorithm) : nil }
    }

    /// Where the bytes of a packed weight lie.
    func view(of packed: PackedBytes) -> View {
        View(buffer: buffers.packed(packed, at: steps.count), dtype: .u8, sizes: [packed.bytes.count])
    }

    /// A channels-last copy of `view` [n, c, h, w] that later readers of the same view use too.
    func channelsLastCopy(of view: View) throws -> View {
        if let known = channelsLastCopies[view] { return known }
        let sizes = view.channelsMovedLast.sizes
        let copy = allocate(view.dtype, sizes).transposed([0, 3, 1, 2])
        try self.copy(view, to: copy)
        // Memory that may be overwritten later must not be taken for what it was.
        switch buffers[view].storage {
        case .input, .constant: channelsLastCopies[view] = copy
        default: break
        }
        return copy
    }

    /// A dense copy of `value` that later readers use too.
    private func materialize(_ value: ValueID, _ view: View) throws -> View {
        let target = try copied(view)
        if let old = views[value] {
            let reads = pending[value] ?? 0
            buffers.expectReads(-reads, of: old)
            buffers.expectReads(reads, of: target)
            views[value] = target
        }
        return target
    }

    /// A dense copy of what `view` shows.
    func copied(_ view: View) throws -> View {
        let target = allocate(view.dtype, view.sizes)
        try copy(view, to: target)
        return target
    }

    /// Says where result `index` of `node` lies.
    func define(_ node: Node, _ index: Int = 0, as view: View) { define(node.outputs[index], view) }

    func define(_ value: ValueID, _ view: View) {
        views[value] = view
        let reads = (pending[value] ?? 0) + graph.users(of: value).count
        pending[value] = reads
        buffers.expectReads(reads, of: view)
    }
}
