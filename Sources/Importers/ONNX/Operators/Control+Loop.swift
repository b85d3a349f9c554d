import Formats
import IR

extension OperatorMapping {
    /// Results: last carried values, then stacks of parts.
    static func loop(_ node: inout NodeImport) throws -> [ValueID?] {
        let source = try node.graphAttribute("body")
        let carried = try (2..<max(2, node.inputs.count)).map { try node.input($0) }
        guard source.inputs.count == carried.count + 2, source.outputs.count > carried.count else {
            throw NodeProblem(
                "its body takes \(source.inputs.count) inputs and gives \(source.outputs.count) outputs for \(carried.count) values")
        }
        let saved = node.scope.builder.notes
        do {
            return try calledLoop(&node, source, carried)
        } catch let error where !(error is CheckpointError) {
            node.scope.builder.notes = saved
            // Each turn may be of other types, or need to know its number.
            guard let results = try unrolled(&node, source, carried) else { throw error }
            return results
        }
    }

    private static func calledLoop(_ node: inout NodeImport, _ source: ONNXGraph, _ carried: [ValueID]) throws -> [ValueID?] {
        let trips = try node.optional(0).map { try node.cast($0, to: .i64) }
        let condition = node.optional(1).flatMap { node.scope.knownFlag($0) == true ? nil : $0 }
        let handed = HandedOn(node.scope, carried, firstInput: 2)
        let (body, values) = try handed.settled(in: node, source, first: 1) { body in
            let (turn, go) = (try body.addInput(source.inputs[0].name, .turn), try body.addInput(source.inputs[1].name, .flag))
            body.define(source.inputs[0].name, try body.shaped(turn, as: source.inputs[0].type))
            body.define(source.inputs[1].name, try body.shaped(go, as: source.inputs[1].type))
            try handed.addInputs(to: body, source.inputs.dropFirst(2).map(\.name))
            try body.importNodes(source.liveNodes)
            return try body.outputs(of: source)
        }
        let neverStops = values.first.map { body.knownFlag($0) == true || ($0 == body.graph.inputs[1] && condition == nil) } ?? false
        try body.finish(source, values)
        let captures = body.captures
        let op = Loop(body: body.keep(like: "\(node.source.title).body"), carried: carried.count)
        let results = try node.add(op, [trips, condition] + handed.operands + captures)
        var known = try handed.results(results, &node)
        guard neverStops, condition == nil, let count = trips.flatMap({ node.known($0)?.first }), count.isNeverNegative else {
            return known
        }
        // As many parts as turns.
        for index in carried.count..<known.count {
            guard let part = known[index] else { continue }
            known[index] = try node.reshape(part, [count] + node.shape(part).dropFirst())
        }
        return known
    }

    private static let mostUnrolled = 1024

    /// The turns one after the other, if it is known how many there are; else nil.
    private static func unrolled(_ node: inout NodeImport, _ source: ONNXGraph, _ carried: [ValueID]) throws -> [ValueID?]? {
        var isGoing = true
        if let condition = node.optional(1) {
            guard let known = node.scope.knownFlag(condition) else { return nil }
            isGoing = known
        }
        guard let count = try node.optional(0).flatMap({ try? node.integer($0) }) ?? (isGoing ? nil : 0), count <= mostUnrolled else {
            return nil
        }
        var (values, turn) = (carried, 0)
        var parts = [[ValueID]](repeating: [], count: source.outputs.count - 1 - carried.count)
        while isGoing, turn < count {
            let number = try node.scope.shaped(try node.scalar(turn), as: source.inputs[0].type)
            let flag = try node.constant(Tensor(bools: [true], []))
            let results = try node.scope.inline(source, [number, flag] + values)
            guard let go = node.scope.knownFlag(results[0]) else { return nil }
            isGoing = go
            values = Array(results[1...carried.count])
            for (index, part) in results.dropFirst(1 + carried.count).enumerated() { parts[index].append(part) }
            turn += 1
        }
        return try values + parts.map { try stacked(&node, $0) }
    }

    private static func stacked(_ node: inout NodeImport, _ parts: [ValueID]) throws -> ValueID? {
        if parts.isEmpty { throw NodeProblem("it has no turns, so that the types of its parts are not known") }
        return try node.concat(try parts.map { try node.unsqueeze($0, 0) }, axis: 0)
    }
}

extension ValueType {
    static let turn = ValueType.tensor(TensorType(.i64, []))
    static let flag = ValueType.tensor(TensorType(.bool, []))
}

extension ONNXScope {
    /// A number as the vector of one that a body may declare.
    func shaped(_ value: ValueID, as declared: ONNXType?) throws -> ValueID {
        guard case .tensor(_, let shape?)? = declared, shape.count == 1 else { return value }
        return try graph.apply(Reshape([1]), [value], name: "vector")
    }
}

/// Values that one call of a body hands to the next, while their types are being found: those that they begin with, and where the body
/// makes others of them, what serves both.
final class HandedOn {
    private let scope: ONNXScope
    /// Number of the body's input that is the first value.
    private let firstInput: Int
    private(set) var operands: [ValueID]
    private var types: [ValueType]
    /// Dimensions whose sizes change from call to call.
    private var varying: [Set<Int>]
    /// Values whose first one is an optional, and later ones are not.
    private var isWrapped: [Bool]

    init(_ scope: ONNXScope, _ values: [ValueID], firstInput: Int) {
        (self.scope, operands, self.firstInput) = (scope, values, firstInput)
        types = values.map { scope.graph.valueType(of: $0) }
        varying = [Set<Int>](repeating: [], count: values.count)
        isWrapped = [Bool](repeating: false, count: values.count)
    }

    /// Gives `body` an input for each value.
    func addInputs(to body: ONNXScope, _ names: [String]) throws {
        for (index, name) in names.enumerated() {
            let value = try body.addInput(name, types[index], varying: varying[index])
            body.define(name, value)
            body.empties[value] = scope.empties[operands[index]].map { Emptiness(kind: $0.kind, assumedBy: body) }
        }
    }

    /// Imports a body again and again until what it gives fits what it takes.
    /// - Parameters:
    ///   - first: Number of the output that is the first value.
    ///   - write: Writes inputs and nodes of a body that is empty; gives its outputs.
    func settled(
        in node: NodeImport, _ source: ONNXGraph, first: Int, _ write: (ONNXScope) throws -> [ValueID]
    ) throws -> (ONNXScope, [ValueID]) {
        let start = node.scope.builder.notes
        for _ in 0..<12 {
            node.scope.builder.notes = start
            let body = scope.body(for: source, named: "\(node.source.title).body")
            var values = try write(body)
            if try agree(with: body, &values, first: first), !body.assumesEmpty { return (body, values) }
        }
        throw NodeProblem("its body makes values of ever other types")
    }

    /// Whether the body's outputs can be its next inputs; if not, what they need is noted for the next try.
    private func agree(with body: ONNXScope, _ values: inout [ValueID], first: Int) throws -> Bool {
        var isSettled = true
        for index in operands.indices {
            let taken = body.graph.valueType(of: body.graph.inputs[firstInput + index])
            let value = values[first + index]
            let given = body.graph.valueType(of: value)
            if taken.mayJoin(given) {
                if !join(index, taken, given) { isSettled = false }
            } else if case .optional(let inner) = taken, inner.mayJoin(given) || scope.empties[operands[index]] != nil {
                if !inner.accepts(given) {
                    let isEmpty = scope.empties[operands[index]] != nil
                    types[index] = .optional(isEmpty ? given.withoutSymbols : inner.widened(by: given))
                    if let made = try scope.retyped(operands[index], as: types[index]) { operands[index] = made }
                    isSettled = false
                } else {
                    isWrapped[index] = true
                    values[first + index] = try body.graph.apply(OptionalWrap(of: inner), [value], name: "optional")
                }
            } else if let made = try scope.retyped(operands[index], as: given) {
                (operands[index], types[index]) = (made, scope.graph.valueType(of: made))
                isSettled = false
            } else if let made = try body.retyped(value, as: taken) {
                values[first + index] = made
            } else if case .optional(let inner) = given, taken.mayJoin(inner) {
                types[index] = .optional(taken.withoutSymbols)
                operands[index] = try scope.graph.apply(OptionalWrap(of: types[index].content), [operands[index]], name: "optional")
                isSettled = false
            } else if taken.mayJoin(given, ofAnyRank: true) {
                types[index] = types[index].mapElement { $0.with(shape: TensorType.anyShape) }
                isSettled = false
            } else {
                throw unlike(taken, given)
            }
        }
        return isSettled
    }

    private func unlike(_ taken: ValueType, _ given: ValueType) -> NodeProblem {
        NodeProblem("its body takes \(taken) and makes \(given) of it for the next turn")
    }

    private func join(_ index: Int, _ taken: ValueType, _ given: ValueType) -> Bool {
        if given.element.isOfAnyRank {
            if taken.element.isOfAnyRank { return true }
            types[index] = types[index].mapElement { $0.with(shape: TensorType.anyShape) }
            return false
        }
        if taken.element.isOfAnyRank { return true }
        let differing = Set(
            zip(taken.element.shape, given.element.shape).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset))
        if taken.isTensor {
            if differing.isSubset(of: varying[index]) { return true }
            varying[index].formUnion(differing)
            return false
        }
        let open = differing.filter { taken.element.shape[$0] != .any }
        guard !open.isEmpty else { return true }
        types[index] = types[index].mapElement { type in
            type.with(shape: type.shape.enumerated().map { open.contains($0.offset) ? .any : $0.element })
        }
        return false
    }

    /// Results of the node: what began as an optional is taken out of it where the body gives none.
    func results(_ results: [ValueID], _ node: inout NodeImport) throws -> [ValueID?] {
        try results.enumerated().map { index, value in
            index < isWrapped.count && isWrapped[index] ? try node.emit(OptionalGet(), value) : value
        }
    }
}

extension ValueType {
    /// A type for values of this and of `other`, which are sequences of one element type.
    fileprivate func widened(by other: ValueType) -> ValueType {
        let (a, b) = (element.shape, other.element.shape)
        let shape =
            a.count == b.count && !other.element.isOfAnyRank
            ? zip(a, b).map { $0 == $1 && $0.value != nil ? $0 : .any } : TensorType.anyShape
        return mapElement { $0.with(shape: shape) }
    }

    /// What an optional holds or a sequence has.
    fileprivate var content: ValueType {
        switch self {
        case .optional(let inner), .sequence(let inner): inner
        case .tensor: self
        }
    }
}
