/// A sequence of given values.
package struct SequenceConstruct: Operator {
    package static let opName = "sequence"

    package static let documentation = OperatorDocumentation(
        "Values one after the other.", formula: "y = (x0, x1, …)", operands: ["x0, x1, …: of one element type and rank, one at least"],
        results: ["y: seq<x, sizes that differ as ?>"], onnx: "SequenceConstruct")

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        let types = try operands.enumerated().map { try Check.value($1, $0) }
        guard let first = types.first else { throw InferenceError("it takes one operand at least; sequence_empty takes none") }
        return [.sequence(try types.dropFirst().reduce(first) { try $0.joined($1, inside: true) { .any } })]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        [.sequence(try operands.required(SequenceConstruct.opName))]
    }
}
