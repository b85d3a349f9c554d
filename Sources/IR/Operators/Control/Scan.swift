/// A body called for each part of its operands.
package struct Scan: Operator {
    package static let opName = "scan"

    package static let documentation = OperatorDocumentation(
        "Calls a body for each position along a dimension of its sequences; hands states from each call to the next.",
        formula: "for i = 0 ..< size: states, parts[i] = body(states, sequences[i], captures)",
        operands: ["states: first values", "sequences: tensors of one size along their axes", "captures: the same in each call"],
        results: ["states: last values", "parts: of all calls, stacked along their axes"],
        attributes: [
            "body": "takes states, a part of each sequence, captures; gives states, parts", "states": "how many values are handed on",
            "axes": "a dimension for each sequence", "reverse": "sequences that are read from the end, by number; default none",
            "part_axes": "a new dimension for each stack of parts", "part_reverse": "stacks that are filled from the end; default none",
        ],
        onnx: "Scan, outer values as operands")

    package let body: String
    package let states: Int
    package let axes: [Int]
    package let reverse: [Int]
    package let partAxes: [Int]
    package let partReverse: [Int]

    package init(body: String, states: Int, axes: [Int], reverse: [Int] = [], partAxes: [Int], partReverse: [Int] = []) {
        (self.body, self.states, self.axes, self.reverse) = (body, states, axes, reverse)
        (self.partAxes, self.partReverse) = (partAxes, partReverse)
    }

    package init(reading attributes: inout AttributeReader) throws {
        body = try attributes.function("body")
        states = try attributes.int("states")
        axes = try attributes.ints("axes")
        reverse = try attributes.ints("reverse", default: [])
        partAxes = try attributes.ints("part_axes")
        partReverse = try attributes.ints("part_reverse", default: [])
        guard states >= 0, !axes.isEmpty else { throw AttributeError("scan needs a sequence, and 0 states or more") }
    }

    package var attributes: Attributes {
        var fields: Attributes = ["body": .function(body), "states": .int(states), "axes": .ints(axes), "part_axes": .ints(partAxes)]
        if !reverse.isEmpty { fields["reverse"] = .ints(reverse) }
        if !partReverse.isEmpty { fields["part_reverse"] = .ints(partReverse) }
        return fields
    }

    package var calledFunctions: [String] { [body] }

    private var handedOn: Carried { Carried(input: 0, output: 0, count: states) }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        guard states <= operands.count - axes.count else {
            throw InferenceError("it hands \(states) states on, but takes \(operands.count) operands")
        }
        let first = states + axes.count
        var types = try CalleeTypes(body, inputs: operands.count, context)
        try handedOn.check(types.signature)
        guard types.signature.outputs.count == states + partAxes.count else {
            throw InferenceError("the body must give \(states + partAxes.count) outputs, not \(types.signature.outputs.count)")
        }
        for index in first..<operands.count { try types.give(try Check.value(operands[index], index), to: index) }
        let trips = try giveParts(operands, &types)
        for index in 0..<states { try types.give(try Check.value(operands[index], index), to: index) }
        types.forget(handedOn.varyingSymbols(types.signature))
        let last = try handedOn.results(operands, at: 0, &types, &context)
        let parts = try types.signature.outputs.dropFirst(states).map { try types.result($0.type, &context) }
        return last
            + (try zip(parts, partAxes).map { type, axis in
                guard let part = type.tensor else { throw InferenceError("a part must be a tensor, not \(type)") }
                var shape = part.shape
                shape.insert(trips, at: try Check.axis(axis, rank: part.rank + 1))
                return .tensor(part.with(shape: shape))
            })
    }

    /// Gives the body its parts of the sequences; the number of calls.
    private func giveParts(_ operands: [ValueType?], _ types: inout CalleeTypes) throws -> Dim {
        var trips: Dim?
        for (number, axis) in axes.enumerated() {
            let index = states + number
            let sequence = try Check.tensor(operands, index, "sequence \(number)")
            let axis = try Check.axis(axis, rank: sequence.rank)
            let size = sequence.shape[axis]
            try Check.mayEqual(trips ?? size, size, "sequences have \(trips ?? size) and \(size) parts")
            trips = trips ?? size
            try types.give(.tensor(sequence.with(shape: Check.reduced(sequence.shape, axis: axis, keepDims: false))), to: index)
        }
        return trips ?? 0
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let values = try operands.required(Scan.opName)
        var current = Array(values.prefix(states))
        let sequences = values.dropFirst(states).prefix(axes.count).compactMap(\.tensor)
        let captures = Array(values.dropFirst(states + axes.count))
        let sizes = Set(try zip(sequences, axes).map { $0.shape[try Check.axis($1, rank: $0.rank)] })
        guard sequences.count == axes.count, let trips = sizes.first, sizes.count == 1 else {
            throw EvaluationError("sequences have different numbers of parts: \(sizes.sorted())")
        }
        var parts = [[Tensor]](repeating: [], count: partAxes.count)
        for trip in 0..<trips {
            let slices = try sequences.enumerated().map { number, sequence -> Datum in
                .tensor(try sequence.part(reverse.contains(number) ? trips - 1 - trip : trip, axis: axes[number]))
            }
            let results = try context.call(body, current + slices + captures)
            current = Array(results.prefix(states))
            for (index, part) in results.dropFirst(states).enumerated() { if let tensor = part.tensor { parts[index].append(tensor) } }
        }
        let (types, binding) = (context.results.dropFirst(states), context.binding)
        return current
            + (try zip(parts, types).enumerated().map { number, item in
                let ordered = partReverse.contains(number) ? item.0.reversed() : item.0
                return .tensor(try Tensor.stacked(ordered, axis: partAxes[number], emptyOf: item.1.element, binding))
            })
    }
}
