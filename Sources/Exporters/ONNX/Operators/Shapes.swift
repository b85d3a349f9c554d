import Formats
import IR

extension ExportMapping {
    static let shapes: [ExportMapping] = [
        .one("reshape") { node in
            let (old, new) = (try node.shape(0), try node.resultType().shape)
            return old == new ? node.emit("Identity", try node.input(0)) : try node.reshape(try node.input(0), old, new)
        },
        .one("expand") { node in
            let (old, new) = (try node.shape(0), try node.resultType().shape)
            // A size of 1 leaves the operand's own, which need not be computed.
            let offset = new.count - old.count
            let asked = new.indices.map { index in index >= offset && old[index - offset] == new[index] ? 1 : new[index] }
            return node.emit("Expand", try node.input(0), try node.sizes(asked))
        },
        .one("transpose") { node in
            node.emit("Transpose", [try node.input(0)], [.ints("perm", try node.op(Transpose.self).permutation)])
        },
        .one("concat") { node in node.emit("Concat", try node.allInputs(), [.int("axis", try node.op(Concat.self).axis)]) },
        ExportMapping("split") { node in
            let op = try node.op(Split.self)
            return node.emit(
                "Split", [try node.input(0), try node.sizes(op.sizes)], [.int("axis", op.axis)], outputs: op.sizes.count)
        },
        .one("slice") { node in
            let op = try node.op(Slice.self)
            return try node.slice(try node.input(0), axis: op.axis, op.start, op.end, step: op.step)
        },
        .one("shape") { node in
            let sizes = try node.op(Shape.self).sizes
            return sizes.isEmpty ? try node.filled([0], 0, .i64) : node.emit("Identity", try node.sizes(sizes))
        },
        ExportMapping("sizes") { _ in [] },
        .one("stop_gradient") { node in node.emit("Identity", try node.input(0)) },
        .one("straight_through") { node in node.emit("Identity", try node.input(0)) },
    ]

    static let movement: [ExportMapping] = [
        .one("pad") { node in
            let (op, dtype) = (try node.op(Pad.self), try node.dtype(0))
            let value = op.mode == .constant && !op.value.isPlainZero ? [node.scope.model.constant(op.value.scalar(dtype), "number")] : []
            return node.emit("Pad", [try node.input(0), node.ints(op.before + op.after)] + value, [.text("mode", op.mode.rawValue)])
        },
        .one("update_slice") { node in try updateSlice(node) },
    ]

    /// Elements are scattered along the axis whose position is data. Other dimensions in which the block does not begin at 0 are cut
    /// out of x first, and what lies around is joined again.
    private static func updateSlice(_ node: NodeExport) throws -> String {
        let op = try node.op(UpdateSlice.self)
        let (x, update) = (try node.shape(0), try node.shape(1))
        let axis = node.axis(op.axis, of: x.count)
        func replaced(_ part: String, from dimension: Int) throws -> String {
            guard dimension < x.count else { return try scattered(node, part, update, axis, op.offsets[axis]) }
            let (start, end) = (Dim(op.offsets[dimension]), Dim(op.offsets[dimension]) + update[dimension])
            guard dimension != axis, start != 0 else { return try replaced(part, from: dimension + 1) }
            let middle = try replaced(try node.slice(part, axis: dimension, start, end), from: dimension + 1)
            let before = try node.slice(part, axis: dimension, 0, start)
            if end == x[dimension] { return node.emit("Concat", [before, middle], [.int("axis", dimension)]) }
            let behind = try node.slice(part, axis: dimension, end, x[dimension])
            return node.emit("Concat", [before, middle, behind], [.int("axis", dimension)])
        }
        return try replaced(try node.input(0), from: 0)
    }

    private static func scattered(_ node: NodeExport, _ x: String, _ update: [Dim], _ axis: Int, _ offset: Int) throws -> String {
        let position = try node.input(2)
        let isPlain = offset == 0 && update[axis] == 1
        let places = isPlain ? position : node.emit("Add", position, try node.iota(from: Dim(offset), count: update[axis]))
        let line = node.unsqueeze(places, update.indices.filter { $0 != axis })
        let indices = node.emit("Expand", line, try node.sizes(update))
        return node.emit("ScatterElements", [x, indices, try node.input(1)], [.int("axis", axis)])
    }
}

extension Scalar {
    /// One element of rank 0.
    func scalar(_ dtype: DType) -> Tensor { tensor(dtype).reshaped([]) ?? tensor(dtype) }
}
