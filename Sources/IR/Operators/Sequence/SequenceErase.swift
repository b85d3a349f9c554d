/// A sequence with one item less.
package struct SequenceErase: Operator {
    package static let opName = "sequence_erase"

    package static let documentation = OperatorDocumentation(
        "Takes an item out of a sequence.", formula: "y = (s[0], …, s[position - 1], s[position + 1], …)",
        operands: ["s: seq<…>", "position?: i64[], from the end if negative, the last if absent"], results: ["y: as s"],
        onnx: "SequenceErase")

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 1...2)
        if operands.count > 1, operands[1] != nil { try Check.position(operands, 1) }
        return [.sequence(try Check.sequence(operands))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        var items = try Check.sequence(operands)
        guard !items.isEmpty else { throw EvaluationError("the sequence is empty") }
        let position = operands.count > 1 && operands[1] != nil ? try Check.position(operands, 1, in: items.count) : items.count - 1
        items.remove(at: position)
        return [.sequence(items)]
    }
}
