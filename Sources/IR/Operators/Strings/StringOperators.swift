extension OperatorRegistry {
    /// Texts, and tables by which they are encoded.
    static let strings: [any Operator.Type] = [
        StringSplit.self, StringNormalize.self, RegexFullMatch.self, NgramCounts.self, Lookup.self,
    ]
}

extension Check {
    /// Operand `index`, which must be a tensor of strings.
    static func text(_ operands: [ValueType?], _ index: Int = 0, _ name: String = "x") throws -> TensorType {
        let type = try tensor(operands, index, name)
        guard type.dtype == .string else { throw InferenceError("\(name) must hold strings, not \(type)") }
        return type
    }

    /// Operand `index` as it is at run time.
    static func tensor(_ operands: [Datum?], _ index: Int) throws -> Tensor {
        guard index < operands.count, let tensor = operands[index]?.tensor else { throw EvaluationError("operand \(index) is missing") }
        return tensor
    }
}
