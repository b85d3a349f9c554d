import IR

/// Memory for results.
extension LoweringContext {
    /// New dense arena memory.
    func allocate(_ dtype: DType, _ sizes: [Int]) -> View {
        let view = View(buffer: buffers.next, dtype: dtype, sizes: sizes)
        _ = buffers.add(.arena, bytes: view.byteCount, at: steps.count)
        return view
    }

    /// New dense memory for result `index`, which it is thereby defined as: an output of the function lies where the caller wants it,
    /// an operand of a concat in its part of that.
    func result(_ node: Node, _ index: Int = 0) throws -> View {
        let value = node.outputs[index]
        let view = try densePart(for: value) ?? stateMemory(for: value, of: node) ?? memory(for: value)
        define(value, view)
        return view
    }

    /// New dense memory for `value`.
    func memory(for value: ValueID) throws -> View {
        let view = try layout(of: value)
        take(view, for: value)
        return view
    }

    /// Dense memory that a call of ``take(_:for:)`` would make the next buffer.
    func layout(of value: ValueID) throws -> View {
        View(buffer: buffers.next, dtype: type(of: value).dtype, sizes: try sizes(of: value))
    }

    /// Makes the memory of `view` the next buffer: the caller's if it is dense and the caller gets `value`.
    func take(_ view: View, for value: ValueID) {
        if let output = outputIndex[value], view.isContiguous, !buffers.has(.output(output)) {
            _ = buffers.add(.output(output), bytes: view.byteCount, at: steps.count)
        } else {
            _ = buffers.add(.arena, bytes: view.byteCount, at: steps.count)
        }
    }

    /// Keeps the memory of `view` from being taken for something else while nobody seems to read it.
    func hold(_ view: View) { buffers.expectReads(1, of: view) }

    /// The end of ``hold(_:)``.
    func letGo(_ view: View) { buffers.expectReads(-1, of: view) }

    /// The memory of the state whose next content `value` is, if nobody reads the old content any more, but `node` at its `aligned` operands, each
    /// element before the one of the result.
    private func stateMemory(for value: ValueID, of node: Node, aligned: [Int] = []) throws -> View? {
        guard let state = stateOfResult[value].flatMap({ states[$0] }), type(of: value).dtype == state.dtype,
            try sizes(of: value) == state.sizes
        else { return nil }
        let own = aligned.filter { index in
            (try? optional(node, index))??.canonical == state && (try? optional(node, index))??.isContiguous == true
        }
        return buffers[state].pendingReads == own.count ? state : nil
    }

    /// Like ``result(_:_:)``, but over operand `operand` if that is dense, as large, and read by nobody after this node.
    /// - Parameter aligned: operands of which each element is read before that of the result is written; `operand` alone unless given.
    func resultInPlace(_ node: Node, over operand: Int, aligned: [Int]? = nil) throws -> View {
        let value = node.outputs[0]
        if let part = try densePart(for: value) {
            define(node, as: part)
            return part
        }
        if let state = try stateMemory(for: value, of: node, aligned: aligned ?? [operand]) {
            define(node, as: state)
            return state
        }
        guard outputIndex[value] == nil, let view = try optional(node, operand), view.isContiguous,
            buffers[view].storage == .arena, isLastRead(of: view, by: node),
            graph.type(of: value).dtype == view.dtype, try sizes(of: value) == view.sizes
        else { return try result(node) }
        define(node, as: view)
        return view
    }

    /// Whether nobody but `node`'s one operand still reads the buffer that `view` lies in.
    func isLastRead(of view: View, by node: Node) -> Bool { buffers[view].pendingReads == 1 }

    func isState(_ view: View) -> Bool {
        if case .state = buffers[view].storage { return true }
        return false
    }

    func isArena(_ view: View) -> Bool { buffers[view].storage == .arena }

    /// Memory that only the next emitted step uses; nil for no bytes.
    func scratch(_ bytes: Int) -> View? { bytes == 0 ? nil : allocate(.u8, [bytes]) }
}
