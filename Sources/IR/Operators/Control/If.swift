/// One of two functions.
package struct If: Operator {
    package static let opName = "if"

    package static let documentation = OperatorDocumentation(
        "Calls one of two functions, whose inputs are alike.", formula: "results = condition ? then(captures) : else(captures)",
        operands: ["condition: bool[] or bool[1]", "captures: inputs of both functions, in order"],
        results: ["outputs of the functions, in order; a size in which they differ is decided when it runs"],
        attributes: ["then": "called if the condition is true", "else": "called if it is false"], onnx: "If, outer values as operands")

    package let then: String
    package let otherwise: String

    package init(then: String, otherwise: String) { (self.then, self.otherwise) = (then, otherwise) }

    package init(reading attributes: inout AttributeReader) throws {
        then = try attributes.function("then")
        otherwise = try attributes.function("else")
    }

    package var attributes: Attributes { ["then": .function(then), "else": .function(otherwise)] }

    package var calledFunctions: [String] { [then, otherwise] }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.flag(try Check.value(operands.first ?? nil, 0), "condition")
        // Sizes that a branch decides are unlike all others until it is known whether the other branch has the same.
        var scratch = InferenceContext(inventing: Numbering(prefix: "?").next)
        let branches = try [then, otherwise].map { name in
            var types = try CalleeTypes(name, inputs: operands.count - 1, context)
            for (index, type) in operands.dropFirst().enumerated() { try types.give(try Check.value(type, index + 1), to: index) }
            return try types.signature.outputs.map { try types.result($0.type, &scratch) }
        }
        guard branches[0].count == branches[1].count else {
            throw InferenceError("'\(then)' gives \(branches[0].count) results, '\(otherwise)' \(branches[1].count)")
        }
        let born = Set(scratch.sizes)
        return try zip(branches[0], branches[1]).map { a, b in try a.joined(b, born: born) { try context.newSize() } }
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let values = try operands.required(If.opName)
        let condition = try Check.flag(values.first, "condition")
        return try context.call(condition ? then : otherwise, Array(values.dropFirst()))
    }
}

/// Names by number.
final class Numbering {
    private let prefix: String
    private var count = 0

    init(prefix: String) { self.prefix = prefix }

    func next() -> String {
        count += 1
        return "\(prefix)\(count)"
    }
}

extension Check {
    /// Operand `index`, which must be there.
    static func value(_ type: ValueType?, _ index: Int) throws -> ValueType {
        guard let type else { throw InferenceError("operand \(index) is missing") }
        return type
    }

    /// Operand `index`, which must be a tensor.
    static func tensor(_ operands: [ValueType?], _ index: Int, _ name: String) throws -> TensorType {
        guard index < operands.count, let type = operands[index] else { throw InferenceError("operand \(index) (\(name)) is missing") }
        guard let tensor = type.tensor else { throw InferenceError("\(name) must be a tensor, not \(type)") }
        return tensor
    }

    /// One truth value.
    static func flag(_ type: ValueType, _ name: String) throws {
        guard let tensor = type.tensor, tensor.dtype == .bool, tensor.rank <= 1 else {
            throw InferenceError("\(name) must be bool[] or bool[1], not \(type)")
        }
    }

    /// One truth value.
    static func flag(_ value: Datum?, _ name: String) throws -> Bool {
        guard let flags = value?.tensor?.bools, flags.count == 1 else {
            throw EvaluationError("\(name) must be one truth value, not \(value?.kind ?? "absent")")
        }
        return flags[0]
    }

    /// One integer.
    static func integer(_ value: Datum?, _ name: String) throws -> Int {
        guard let numbers = value?.tensor?.integers, numbers.count == 1 else {
            throw EvaluationError("\(name) must be one integer, not \(value?.kind ?? "absent")")
        }
        return numbers[0]
    }
}
