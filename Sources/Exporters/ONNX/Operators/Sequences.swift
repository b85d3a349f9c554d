import Formats
import IR

extension ExportMapping {
    static let sequences: [ExportMapping] = [
        .one("sequence") { node in node.emit("SequenceConstruct", try node.allInputs()) },
        .one("sequence_empty") { node in
            let item = try node.op(SequenceEmpty.self).item
            guard item.isTensor else { throw ExportProblem("ONNX has empty sequences of tensors only") }
            return node.emit("SequenceEmpty", [], [.int("dtype", item.element.dtype.onnxNumber)])
        },
        .one("sequence_insert") { node in node.emit("SequenceInsert", try node.allInputs()) },
        .one("sequence_erase") { node in node.emit("SequenceErase", try node.allInputs()) },
        .one("sequence_at") { node in node.emit("SequenceAt", try node.input(0), try node.input(1)) },
        .one("sequence_length") { node in node.emit("SequenceLength", try node.input(0)) },
        .one("concat_from_sequence") { node in
            let op = try node.op(ConcatFromSequence.self)
            return node.emit("ConcatFromSequence", [try node.input(0)], [.int("axis", op.axis), .flag("new_axis", op.isNew)])
        },
        .one("split_to_sequence") { node in
            let op = try node.op(SplitToSequence.self)
            return node.emit("SplitToSequence", try node.allInputs(), [.int("axis", op.axis), .flag("keepdims", op.keepDims)])
        },
        .one("optional") { node in
            let type = ONNXAttribute.type("type", ONNXType(try node.op(OptionalWrap.self).inner, named: false))
            return node.emit("Optional", try node.allInputs(), node.operand(0) == nil ? [type] : [])
        },
        .one("optional_get") { node in node.emit("OptionalGetElement", try node.input(0)) },
        .one("optional_has") { node in node.emit("OptionalHasElement", try node.allInputs()) },
    ]
}
