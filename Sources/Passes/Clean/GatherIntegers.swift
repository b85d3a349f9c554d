import IR

/// Computes what is picked of a table, not the table.
///
///     @q ─▶ cast ─▶ mul ─▶ gather ─▶ y        ⟶        @q ─▶ gather ─▶ cast ─▶ mul ─▶ y
///         @scale ────┘        │                        @scale ─▶ gather ────────┘
///                   indices ──┘
///
/// One operator at a time, as long as constants alone take part.
package struct GatherIntegers: Rule {
    package let name = "gather-integers"
    package let documentation = "Picks rows of a table that is computed from constants before they are computed."
    package let promise = Promise.exact
    package let anchors: Set<String>? = [Gather.opName]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let gather = node.op as? Gather, let table = match.operand(node, 0), let indices = match.operand(node, 1),
            let y = node.outputs.first, gather.axis == 0, graph.constantKey(of: indices) == nil, match.type(table).rank > 0,
            let step = graph.producer(of: table), let tree = ConstantTree(table, graph, module), !tree.isLeaf
        else { return nil }
        var rows = Rows(match: match, indices: indices, name: node.name, patch: Patch(for: graph, at: node.id))
        guard let picked = try rows.picked(step, of: table) else { return nil }
        var patch = rows.patch
        patch.replace(y, with: picked)
        return patch
    }

    private struct Rows {
        let match: Match
        let indices: ValueID
        let name: String
        var patch: Patch

        /// The rows of what `step` computes; nil for operators that do not keep rows apart.
        mutating func picked(_ step: Node, of table: ValueID) throws -> ValueID? {
            let shape = match.type(table).shape
            switch step.op {
            case let op where op.facts.contains(.elementwise):
                let operands = try step.inputs.map { input in try input.map { try rows(of: $0, rank: shape.count) } }
                return try patch.apply(op, operands, name: step.name)
            case is Reshape:
                guard let x = match.operand(step, 0), match.type(x).rank > 0, match.type(x).shape[0] == shape[0] else { return nil }
                return try patch.reshaped(try gathered(x), match.type(indices).shape + shape.dropFirst(), name: step.name)
            case is Expand:
                guard let x = match.operand(step, 0), match.type(x).rank == shape.count, match.type(x).shape[0] == shape[0] else {
                    return nil
                }
                return try patch.apply(Expand(match.type(indices).shape + shape.dropFirst()), [try gathered(x)], name: step.name)
            default: return nil
            }
        }

        /// Of an operand that broadcasts to `rank` dimensions.
        private mutating func rows(of operand: ValueID, rank: Int) throws -> ValueID {
            let shape = match.type(operand).shape
            if shape.count < rank { return operand }
            if shape[0].value == 1 { return try patch.reshaped(operand, Array(shape.dropFirst()), name: name) }
            return try gathered(operand)
        }

        private mutating func gathered(_ x: ValueID) throws -> ValueID { try patch.apply(Gather(), [x, indices], name: name) }
    }
}
