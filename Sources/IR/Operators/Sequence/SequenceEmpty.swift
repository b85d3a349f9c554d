/// A sequence of nothing.
package struct SequenceEmpty: Operator {
    package static let opName = "sequence_empty"

    package static let documentation = OperatorDocumentation(
        "A sequence without items.", formula: "y = ()", operands: [], results: ["y: seq<dtype[shape]>"],
        attributes: TypeAttributes.documentation, onnx: "SequenceEmpty")

    package let item: ValueType

    package init(of item: ValueType) { self.item = item }

    package init(reading attributes: inout AttributeReader) throws { item = try TypeAttributes(reading: &attributes).type }

    package var attributes: Attributes { TypeAttributes.fields(of: item) }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 0...0)
        return [.sequence(item)]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] { [.sequence([])] }
}
