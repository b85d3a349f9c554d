/// Another function of the module.
package struct Call: Operator {
    package static let opName = "call"

    package static let documentation = OperatorDocumentation(
        "Calls a function of the module.", formula: "results = function(operands)", operands: ["inputs of the function, in order"],
        results: ["outputs of the function, in order"], attributes: ["function": "the function"],
        onnx: "a node of a model-local function")

    package let function: String

    package init(_ function: String) { self.function = function }

    package init(reading attributes: inout AttributeReader) throws { function = try attributes.function("function") }

    package var attributes: Attributes { ["function": .function(function)] }

    package var calledFunctions: [String] { [function] }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        var types = try CalleeTypes(function, inputs: operands.count, context)
        for (index, type) in operands.enumerated() { try types.give(try Check.value(type, index), to: index) }
        return try types.signature.outputs.map { try types.result($0.type, &context) }
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        try context.call(function, try operands.required(Call.opName))
    }
}
