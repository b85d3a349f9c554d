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
    ]

    static let movement: [ExportMapping] = [
        .one("pad") { node in
            let (op, dtype) = (try node.op(Pad.self), try node.dtype(0))
            let value = op.mode == .constant && !op.value.isPlainZero ? [node.scope.model.constant(op.value.scalar(dtype), "number")] : []
            return node.emit("Pad", [try node.input(0), node.ints(op.before + op.after)] + value, [.text("mode", op.mode.rawValue)])
        },
        .one("update_slice") { node in try updateSlice(node) },
    ]

    /// A block replaced: along each dimension in which it does not fill x, what lies before and behind it is kept.
    private static func updateSlice(_ node: NodeExport) throws -> String {
        let op = try node.op(UpdateSlice.self)
        let (x, update) = (try node.shape(0), try node.shape(1))
        let axis = node.axis(op.axis, of: x.count)
        let last = Dim(Int(Int32.max))
        func replaced(_ part: String, from dimension: Int) throws -> String {
            guard dimension < x.count else { return try node.input(1) }
            if dimension != axis, op.offsets[dimension] == 0, update[dimension] == x[dimension] {
                return try replaced(part, from: dimension + 1)
            }
            let offset = Dim(op.offsets[dimension])
            var (start, end) = (try node.sizes([offset]), try node.sizes([offset + update[dimension]]))
            if dimension == axis {
                let position = try node.input(2)
                start = node.emit("Add", position, start)
                end = node.emit("Add", position, end)
            }
            func cut(_ from: String, _ to: String) -> String { node.emit("Slice", part, from, to, node.ints([dimension])) }
            // Only a part of x that goes on being cut is read.
            let isLast = (dimension + 1..<x.count).allSatisfy { $0 != axis && op.offsets[$0] == 0 && update[$0] == x[$0] }
            let middle = isLast ? try node.input(1) : try replaced(cut(start, end), from: dimension + 1)
            let (before, behind) = (cut(try node.sizes([0]), start), cut(end, try node.sizes([last])))
            return node.emit("Concat", [before, middle, behind], [.int("axis", dimension)])
        }
        return try replaced(try node.input(0), from: 0)
    }
}

extension Scalar {
    /// One element of rank 0.
    func scalar(_ dtype: DType) -> Tensor { tensor(dtype).reshaped([]) ?? tensor(dtype) }
}
