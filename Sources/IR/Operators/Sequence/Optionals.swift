/// A value that may be missing.
package struct OptionalWrap: Operator {
    package static let opName = "optional"

    package static let documentation = OperatorDocumentation(
        "Makes an optional of a value, or an empty one.", formula: "y = x or nothing", operands: ["x?: the value"],
        results: ["y: optional<…>"], attributes: TypeAttributes.documentation, onnx: "Optional")

    /// The type of the value.
    package let inner: ValueType

    package init(of inner: ValueType) { self.inner = inner }

    package init(reading attributes: inout AttributeReader) throws { inner = try TypeAttributes(reading: &attributes).type }

    package var attributes: Attributes { TypeAttributes.fields(of: inner) }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 0...1)
        if let given = operands.first ?? nil, !inner.accepts(given) { throw InferenceError("x must be \(inner), not \(given)") }
        return [.optional(inner)]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] { [.optional(operands.first ?? nil)] }
}

/// The value of an optional.
package struct OptionalGet: Operator {
    package static let opName = "optional_get"

    package static let documentation = OperatorDocumentation(
        "Takes the value out of an optional, which must not be empty.", formula: "y = x", operands: ["x: optional<…>"],
        results: ["y: the value"], onnx: "OptionalGetElement")

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 1...1)
        guard case .optional(let inner)? = operands[0] else { throw InferenceError("operand 0 must be an optional") }
        return [try inner.picked(&context)]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        guard case .optional(let value)? = operands[0], let value else { throw EvaluationError("the optional is empty") }
        return [value]
    }
}

/// Whether an optional holds a value.
package struct OptionalHas: Operator {
    package static let opName = "optional_has"

    package static let documentation = OperatorDocumentation(
        "Whether there is a value.", formula: "y = x is not empty", operands: ["x?: optional<…> or anything; absent counts as empty"],
        results: ["y: bool[]"], onnx: "OptionalHasElement")

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 0...1)
        return [.tensor(TensorType(.bool, []))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let has =
            switch operands.first ?? nil {
            case .optional(let value)?: value != nil
            case nil: false
            default: true
            }
        return [.tensor(Tensor(bools: [has], []))]
    }
}
