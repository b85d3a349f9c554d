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
        .one("scatter_reduce") { node in try scatterReduce(node) },
        ExportMapping("unique") { node in
            let op = try node.op(Unique.self)
            return node.emit(
                "Unique", [try node.input(0)], [.flag("sorted", op.sorted)] + (op.axis.map { [.int("axis", $0)] } ?? []), outputs: 4)
        },
        ExportMapping("top_k") { node in
            let op = try node.op(TopK.self)
            return node.emit("TopK", [try node.input(0), node.ints([op.k])], [.int("axis", op.axis)], outputs: 2)
        },
        .one("nonzero") { node in node.emit("NonZero", try node.input(0)) },
    ]

    /// Truth values are joined as 0 and 1: or is max, and is min.
    private static func scatterReduce(_ node: NodeExport) throws -> String {
        let (op, dtype) = (try node.op(ScatterReduce.self), try node.dtype(0))
        let isTruth = dtype == .bool
        let own: DType = isTruth ? .i32 : dtype
        let reduction: ScatterReduce.Reduction = isTruth ? (op.reduction == .add || op.reduction == .max ? .max : .min) : op.reduction
        guard node.opset >= 18 || reduction == .add || reduction == .mul else {
            throw ExportProblem("the reduction \(reduction.rawValue) needs operator set 18")
        }
        let y = node.emit(
            "ScatterElements", [try node.input(0, as: own), try node.indices(1), try node.input(2, as: own)],
            [.int("axis", op.axis), .text("reduction", reduction.rawValue)])
        return node.cast(y, from: own, to: dtype)
    }
}

extension NodeExport {
    /// Indices are i32 or i64 in ONNX.
    func indices(_ index: Int) throws -> String { try input(index, as: try dtype(index) == .i32 ? .i32 : .i64) }
}
