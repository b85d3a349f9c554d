/// The tensors of a sequence as one.
package struct ConcatFromSequence: Operator {
    package static let opName = "concat_from_sequence"

    package static let documentation = OperatorDocumentation(
        "Joins the tensors of a sequence.", formula: "y = [s[0], s[1], …] along axis", operands: ["s: seq<any[…]>, not empty"],
        results: ["y: sizes that are not the same for all items are decided when it runs"],
        attributes: ["axis": "dimension along which they are joined", "new_axis": "whether it is a new one, default false"],
        onnx: "ConcatFromSequence")

    package let axis: Int
    package let isNew: Bool

    package init(axis: Int, isNew: Bool = false) { (self.axis, self.isNew) = (axis, isNew) }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis")
        isNew = try attributes.bool("new_axis")
    }

    package var attributes: Attributes { isNew ? ["axis": .int(axis), "new_axis": .bool(true)] : ["axis": .int(axis)] }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 1...1)
        guard let item = try Check.sequence(operands).tensor else { throw InferenceError("the items must be tensors") }
        var shape = item.shape
        let axis = try Check.axis(axis, rank: shape.count + (isNew ? 1 : 0))
        if isNew { shape.insert(.any, at: axis) } else { shape[axis] = .any }
        return [try ValueType.tensor(item.with(shape: shape)).picked(&context)]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let items = try Check.sequence(operands).compactMap(\.tensor)
        guard let first = items.first else { throw EvaluationError("the sequence is empty") }
        if isNew { return [.tensor(try Tensor.stacked(items, axis: axis, emptyOf: first.type, context.binding))] }
        _ = try Concat(axis: axis).infer(items.map(\.type))
        return [.tensor(try Concat(axis: axis).evaluate(items, [:])[0])]
    }
}
