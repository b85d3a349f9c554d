import Formats
import IR

extension ExportMapping {
    static let control: [ExportMapping] = [
        ExportMapping("call") { node in try node.scope.call(try node.op(Call.self).function, try node.allInputs()) },
        ExportMapping("if") { node in
            let (op, operands) = (try node.op(If.self), try node.allInputs())
            let captures = Array(operands.dropFirst())
            let branches: [ONNXAttribute] = [
                .graph("then_branch", try node.scope.body(op.then, captures: captures)),
                .graph("else_branch", try node.scope.body(op.otherwise, captures: captures)),
            ]
            return node.emit("If", [operands[0]], branches, outputs: node.node.outputs.count)
        },
        ExportMapping("loop") { node in
            let (op, operands) = (try node.op(Loop.self), try node.allInputs())
            let first = 2 + op.carried
            let body = try node.scope.body(op.body, captures: Array(operands.dropFirst(first)))
            return node.emit("Loop", Array(operands.prefix(first)), [.graph("body", body)], outputs: node.node.outputs.count)
        },
        ExportMapping("scan") { node in
            let (op, operands) = (try node.op(Scan.self), try node.allInputs())
            let first = op.states + op.axes.count
            let attributes: [ONNXAttribute] = [
                .graph("body", try node.scope.body(op.body, captures: Array(operands.dropFirst(first)))),
                .int("num_scan_inputs", op.axes.count), .ints("scan_input_axes", op.axes),
                .ints("scan_input_directions", op.axes.indices.map { op.reverse.contains($0) ? 1 : 0 }),
                .ints("scan_output_axes", op.partAxes),
                .ints("scan_output_directions", op.partAxes.indices.map { op.partReverse.contains($0) ? 1 : 0 }),
            ]
            return node.emit("Scan", Array(operands.prefix(first)), attributes, outputs: node.node.outputs.count)
        },
    ]
}
