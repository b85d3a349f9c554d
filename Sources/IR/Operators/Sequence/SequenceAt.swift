/// One item of a sequence.
package struct SequenceAt: Operator {
    package static let opName = "sequence_at"

    package static let documentation = OperatorDocumentation(
        "Picks an item.", formula: "y = s[position]", operands: ["s: seq<…>", "position: i64[], from the end if negative"],
        results: ["y: an item; sizes that differ between items are decided when it runs"], onnx: "SequenceAt")

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 2...2)
        try Check.position(operands, 1)
        return [try Check.sequence(operands).picked(&context)]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let items = try Check.sequence(operands)
        return [items[try Check.position(operands, 1, in: items.count)]]
    }
}
