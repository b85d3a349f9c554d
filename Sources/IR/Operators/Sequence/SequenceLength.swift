/// How many items a sequence has.
package struct SequenceLength: Operator {
    package static let opName = "sequence_length"

    package static let documentation = OperatorDocumentation(
        "Counts the items.", formula: "y = |s|", operands: ["s: seq<…>"], results: ["y: i64[]"], onnx: "SequenceLength")

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 1...1)
        _ = try Check.sequence(operands)
        return [.tensor(TensorType(.i64, []))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        [.tensor(Tensor(integers: [try Check.sequence(operands).count], []))]
    }
}
