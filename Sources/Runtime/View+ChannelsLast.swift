import IR

/// Pictures [n, c, h, w] whose channels are neighbours in memory (NHWC).
///
/// Layout is a matter of strides alone; the pass `lay-out-pictures` says which results lie so. What cannot read it, or an output of the
/// function, costs a copy.
extension View {
    /// [n, c, h, w] seen as [n, h, w, c].
    var channelsMovedLast: View { transposed([0, 2, 3, 1]) }

    /// Distance of neighbouring pixels and of images, if the channels of each pixel are contiguous and all pixels of an image evenly
    /// spaced; nil otherwise.
    var channelsLast: (pixel: Int, image: Int)? {
        guard rank == 4, sizes[0] > 0 else { return nil }
        guard let rows = channelsMovedLast.picked(0).rows else { return nil }
        return (rows.stride, sizes[0] > 1 ? strides[0] : rows.stride * sizes[2] * sizes[3])
    }

    /// Channels-last without gaps.
    var isDensePicture: Bool { rank == 4 && channelsMovedLast.isContiguous }
}

extension LoweringContext {
    /// Operand `index` [n, c, h, w] with contiguous channels; copied first if they are not.
    func channelsLast(_ node: Node, _ index: Int) throws -> (view: View, pixel: Int, image: Int) {
        let view = try operand(node, index)
        if let spacing = view.channelsLast { return (view, spacing.pixel, spacing.image) }
        let copy = try channelsLastCopy(of: view)
        guard let spacing = copy.channelsLast else { throw RuntimeError("operand \(index) cannot be read channels-last") }
        return (copy, spacing.pixel, spacing.image)
    }

    /// Operand `index` [n, c, h, w], channels-last without gaps; copied first if it is not.
    func densePicture(_ node: Node, _ index: Int) throws -> View {
        let view = try operand(node, index)
        return try view.isDensePicture ? view : channelsLastCopy(of: view)
    }

    /// New channels-last memory for a result [n, c, h, w], which it is thereby defined as. If pixels `mayBeApart`, they are where a later
    /// concat of channels wants them.
    func channelsLastResult(_ node: Node, mayBeApart: Bool = false) throws -> View {
        let value = node.outputs[0]
        let y = try (mayBeApart ? channelsPart(for: value) : nil) ?? channelsLastMemory(for: value)
        define(node, as: y)
        return y
    }

    private func channelsLastMemory(for value: ValueID) throws -> View {
        allocate(type(of: value).dtype, try layout(of: value).channelsMovedLast.sizes).transposed([0, 3, 1, 2])
    }

    /// Dense channels-last memory for `value` [n, c, h, w] that the next buffer could be.
    func channelsLastLayout(of value: ValueID) throws -> View {
        let row = try layout(of: value).channelsMovedLast
        return View(buffer: row.buffer, dtype: row.dtype, sizes: row.sizes).transposed([0, 3, 1, 2])
    }

    /// Like ``channelsLastResult(_:mayBeApart:)``, but over operand `operand` if that lies so, is as large, and is read by nobody after
    /// this node.
    func channelsLastResult(_ node: Node, over operand: Int, mayBeApart: Bool = false) throws -> View {
        if mayBeApart, let part = try channelsPart(for: node.outputs[0]) {
            define(node, as: part)
            return part
        }
        guard let view = try optional(node, operand), view.rank == 4, view.channelsMovedLast.isContiguous, isArena(view),
            isLastRead(of: view, by: node), type(of: node.outputs[0]).dtype == view.dtype,
            try sizes(of: node.outputs[0]) == view.sizes
        else { return try channelsLastResult(node) }
        define(node, as: view)
        return view
    }
}
