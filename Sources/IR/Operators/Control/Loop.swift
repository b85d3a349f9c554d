/// A body called again and again.
package struct Loop: Operator {
    package static let opName = "loop"

    package static let documentation = OperatorDocumentation(
        "Calls a body until it says stop or has been called often enough; hands values from each call to the next.",
        formula: "for i = 0, 1, … while i < trips and condition: condition, carried, parts[i] = body(i, condition, carried, captures)",
        operands: [
            "trips?: i64[] or i64[1], no bound if absent", "condition?: bool[] or bool[1], true if absent", "carried: first values",
            "captures: the same in each call",
        ],
        results: [
            "carried: last values; sizes that the body changes are decided when it runs",
            "parts: of all calls, stacked along a new first dimension",
        ],
        attributes: [
            "body": "takes i, condition, carried, captures; gives condition, carried, parts", "carried": "how many values are handed on",
        ],
        onnx: "Loop, outer values as operands")

    package let body: String
    package let carried: Int

    package init(body: String, carried: Int) { (self.body, self.carried) = (body, carried) }

    package init(reading attributes: inout AttributeReader) throws {
        body = try attributes.function("body")
        carried = try attributes.int("carried")
        guard carried >= 0 else { throw AttributeError("attribute 'carried' of loop must not be negative") }
    }

    package var attributes: Attributes { ["body": .function(body), "carried": .int(carried)] }

    package var calledFunctions: [String] { [body] }

    /// Inputs 2… of the body are its outputs 1….
    private var handedOn: Carried { Carried(input: 2, output: 1, count: carried) }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        guard carried <= operands.count - 2 else {
            throw InferenceError("it hands \(carried) values on, but takes \(operands.count) operands")
        }
        if let trips = operands[0] { try Check.count(trips, "trips") }
        if let condition = operands[1] { try Check.flag(condition, "condition") }
        var types = try CalleeTypes(body, inputs: operands.count, context)
        try handedOn.check(types.signature)
        try types.give(.tensor(TensorType(.i64, [])), to: 0)
        try types.give(.tensor(TensorType(.bool, [])), to: 1)
        // What never changes binds first.
        for index in Array((2 + carried)..<operands.count) + Array(2..<(2 + carried)) {
            try types.give(try Check.value(operands[index], index), to: index)
        }
        types.forget(handedOn.varyingSymbols(types.signature))
        try Check.flag(try Check.value(types.signature.outputs.first?.type, 0), "the body's first output")
        let last = try handedOn.results(operands, at: 2, &types, &context)
        let parts = types.signature.outputs.dropFirst(1 + carried)
        guard !parts.isEmpty else { return last }
        let trips = try context.newSize()
        return last
            + (try parts.map { part in
                guard let type = try types.result(part.type, &context).tensor else {
                    throw InferenceError("output '\(part.name)' of the body must be a tensor, not \(part.type)")
                }
                return .tensor(type.with(shape: [trips] + type.shape))
            })
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let limit = try operands[0].map { try Check.integer($0, "trips") } ?? .max
        var condition = try operands[1].map { try Check.flag($0, "condition") } ?? true
        let rest = try Array(operands.dropFirst(2)).required(Loop.opName)
        var values = Array(rest.prefix(carried))
        let captures = Array(rest.dropFirst(carried))
        var parts = [[Tensor]](repeating: [], count: context.results.count - carried)
        var trip = 0
        while condition, trip < limit {
            let flags: [Datum] = [.tensor(Tensor(integers: [trip], [])), .tensor(Tensor(bools: [condition], []))]
            let results = try context.call(body, flags + values + captures)
            condition = try Check.flag(results.first, "the body's first output")
            values = Array(results[1..<(1 + carried)])
            for (index, part) in results.dropFirst(1 + carried).enumerated() { if let tensor = part.tensor { parts[index].append(tensor) } }
            trip += 1
        }
        let (types, binding) = (context.results.dropFirst(carried), context.binding)
        return values + (try zip(parts, types).map { .tensor(try Tensor.stacked($0, axis: 0, emptyOf: $1.element, binding)) })
    }
}

extension Check {
    /// One integer.
    static func count(_ type: ValueType, _ name: String) throws {
        guard let tensor = type.tensor, tensor.dtype == .i64, tensor.rank <= 1 else {
            throw InferenceError("\(name) must be i64[] or i64[1], not \(type)")
        }
    }
}
