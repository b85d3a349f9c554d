import Formats
import IR

extension ExportMapping {
    static let indexing: [ExportMapping] = [
        .one("gather") { node in
            node.emit("Gather", [try node.input(0), try node.indices(1)], [.int("axis", try node.op(Gather.self).axis)])
        },
        .one("gather_elements") { node in
            node.emit("GatherElements", [try node.input(0), try node.indices(1)], [.int("axis", try node.op(GatherElements.self).axis)])
        },
        .one("scatter_elements") { node in
            node.emit(
                "ScatterElements", [try node.input(0), try node.indices(1), try node.input(2)],
                [.int("axis", try node.op(ScatterElements.self).axis)])
        },
        .one("scatter_rows") { node in
            let rows = node.unsqueeze(try node.input(1, as: .i64), [1])
            let reduction: [ONNXAttribute] = try node.op(ScatterRows.self).add ? [.text("reduction", "add")] : []
            return node.emit("ScatterND", [try node.input(0), rows, try node.input(2)], reduction)
        },
        ExportMapping("top_k") { node in
            let op = try node.op(TopK.self)
            return node.emit("TopK", [try node.input(0), node.ints([op.k])], [.int("axis", op.axis)], outputs: 2)
        },
        .one("nonzero") { node in node.emit("NonZero", try node.input(0)) },
    ]
}

extension NodeExport {
    /// Indices are i32 or i64 in ONNX.
    func indices(_ index: Int) throws -> String { try input(index, as: try dtype(index) == .i32 ? .i32 : .i64) }
}
