import Formats
import IR

/// If, Loop, Scan, SequenceMap: bodies become functions, and what they see of the outside becomes further inputs of them.
extension OperatorMapping {
    static let control: [OperatorMapping] = [
        OperatorMapping("If") { try choice(&$0) },
        OperatorMapping("Loop") { try loop(&$0) },
        OperatorMapping("Scan") { try $0.version < 9 ? batchedScan(&$0) : scan(&$0) },
        OperatorMapping("SequenceMap") { try sequenceMap(&$0) },
    ]

    /// A branch whose condition is known is written out: exporters ask for ranks and sizes that are known by now, and what the other branch
    /// would give may be of another rank.
    private static func choice(_ node: inout NodeImport) throws -> [ValueID?] {
        let condition = try node.input(0)
        let (then, otherwise) = (try node.graphAttribute("then_branch"), try node.graphAttribute("else_branch"))
        if let flag = node.scope.knownFlag(condition) { return try node.scope.inline(flag ? then : otherwise, []) }
        let (a, b) = (try branch(node, then, "then"), try branch(node, otherwise, "else"))
        guard a.values.count == b.values.count else {
            throw NodeProblem("its branches have \(a.values.count) and \(b.values.count) outputs")
        }
        try b.scope.takeCaptures(of: a.scope)
        try a.scope.takeCaptures(of: b.scope)
        // Now one of them has what it reads alone before what the other reads alone; both need one order.
        try a.scope.orderCaptures(as: b.scope)
        guard try a.agree(b) else {
            let types = zip(a.types, b.types).first { !$0.mayJoin($1, ofAnyRank: true) }
            let problem = NodeProblem("its branches give \(types.map { "\($0) and \($1)" } ?? "unlike results")")
            guard let inputs = node.scope.inputs(behind: condition), !inputs.isEmpty else { throw problem }
            throw ValuesNeeded(inputs: inputs.sorted())
        }
        try a.scope.finish(then, a.values)
        try b.scope.finish(otherwise, b.values)
        let captures = a.scope.captures
        let op = If(then: a.scope.keep(like: "\(node.source.title).then"), otherwise: b.scope.keep(like: "\(node.source.title).else"))
        return try node.add(op, [condition] + captures)
    }

    private static func branch(_ node: NodeImport, _ source: ONNXGraph, _ part: String) throws -> Branch {
        let scope = node.scope.body(for: source, named: "\(node.source.title).\(part)")
        try scope.importNodes(source.liveNodes)
        return Branch(scope: scope, values: try scope.outputs(of: source))
    }
}

/// A branch of an If before its results are settled.
private final class Branch {
    let scope: ONNXScope
    var values: [ValueID]

    init(scope: ONNXScope, values: [ValueID]) { (self.scope, self.values) = (scope, values) }

    var types: [ValueType] { values.map { scope.graph.valueType(of: $0) } }

    /// Gives what is empty in one branch the type of the other's, and makes an optional of what is one in the other; whether both then
    /// give the same kinds of values.
    func agree(_ other: Branch) throws -> Bool {
        for index in values.indices {
            try adapt(index, to: other)
            try other.adapt(index, to: self)
        }
        return zip(types, other.types).allSatisfy { $0.mayJoin($1, ofAnyRank: true) }
    }

    private func adapt(_ index: Int, to other: Branch) throws {
        let (own, wanted) = (types[index], other.types[index])
        if own.mayJoin(wanted) { return }
        if case .optional(let inner) = wanted, own.mayJoin(inner) {
            values[index] = try scope.graph.apply(OptionalWrap(of: own.withoutSymbols), [values[index]], name: "optional")
        } else if other.scope.empties[other.values[index]] == nil, let made = try scope.retyped(values[index], as: wanted) {
            values[index] = made
        }
    }
}

extension ONNXScope {
    /// The truth value, if it is known when the graph is made.
    func knownFlag(_ value: ValueID) -> Bool? {
        if let tensor = constantTensor(value), tensor.count == 1 { return tensor.bools.first }
        guard let known = integers(value), known.count == 1 else { return nil }
        return known[0].value.map { $0 != 0 }
    }

    /// Puts the captures into the order that `other`, which has the same ones, has them in.
    func orderCaptures(as other: ONNXScope) throws {
        let first = graph.inputs.count - captures.count
        let order = other.captures.compactMap { captures.firstIndex(of: $0) }
        guard order.count == captures.count else { throw NodeProblem("its branches read different values") }
        graph.reorderInputs(Array(0..<first) + order.map { first + $0 })
        captures = other.captures
    }
}

extension ValueType {
    /// Whether values of both can be results of one node; sizes may differ.
    /// - Parameter ofAnyRank: Whether items of sequences may then differ in rank.
    func mayJoin(_ other: ValueType, ofAnyRank: Bool = false) -> Bool {
        switch (self, other) {
        case (.tensor(let a), .tensor(let b)): a.dtype == b.dtype && (a.rank == b.rank || a.isOfAnyRank || b.isOfAnyRank)
        case (.sequence(.tensor(let a)), .sequence(.tensor(let b))) where ofAnyRank: a.dtype == b.dtype
        case (.sequence(let a), .sequence(let b)), (.optional(let a), .optional(let b)): a.mayJoin(b, ofAnyRank: ofAnyRank)
        default: false
        }
    }
}
