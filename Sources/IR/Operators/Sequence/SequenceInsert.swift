/// A sequence with one item more.
package struct SequenceInsert: Operator {
    package static let opName = "sequence_insert"

    package static let documentation = OperatorDocumentation(
        "Puts an item into a sequence.", formula: "y = (s[0], …, s[position - 1], x, s[position], …)",
        operands: [
            "s: seq<…>", "x: an item", "position?: i64[], before which item it goes, from the end if negative; behind the last if absent",
        ],
        results: ["y: seq<…>"], onnx: "SequenceInsert")

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 2...3)
        let item = try Check.sequence(operands)
        if operands.count > 2, operands[2] != nil { try Check.position(operands, 2) }
        return [.sequence(try item.joined(try Check.value(operands[1], 1), inside: true) { .any })]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        var items = try Check.sequence(operands)
        guard let new = operands[1] else { throw EvaluationError("operand 1 is missing") }
        let given = operands.count > 2 && operands[2] != nil ? try Check.integer(operands[2], "position") : items.count
        // A new item may also stand behind the last; -1 is the place before the last.
        let position = given < 0 ? given + items.count : given
        guard (0...items.count).contains(position) else {
            throw EvaluationError("position \(given) lies outside a sequence of \(items.count)")
        }
        items.insert(new, at: position)
        return [.sequence(items)]
    }
}
