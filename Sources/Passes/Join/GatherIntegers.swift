import IR

/// Computes what is picked of a table, not the table.
///
///     @q, @scale ─▶ dequantize ─▶ gather ─▶ y        ⟶        @q ─▶ gather ─▶ dequantize ─▶ y
///                        indices ────┘                        @scale ─▶ gather ──┘
///
/// and the same of arithmetic. One operator at a time, as long as constants alone take part.
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
            case let op as Dequantize: return try dequantized(op, step)
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

        private mutating func dequantized(_ op: Dequantize, _ step: Node) throws -> ValueID? {
            guard let levels = match.operand(step, 0), let scale = match.operand(step, 1) else { return nil }
            let (type, own) = (match.type(levels), match.type(scale))
            let sizes = try op.placement.spread(own, over: type, "scale")
            let axis = op.placement.axis < 0 ? op.placement.axis + type.rank : op.placement.axis
            // Blocks of rows come apart.
            guard sizes.isEmpty || sizes[0] == type.shape[0] || sizes[0].value == 1, op.placement.block == 0 || axis != 0 else {
                return nil
            }
            // One scale for all rows is picked from as it is; those of rows get the dimensions of the rows.
            func parameter(_ value: ValueID, _ rows: inout Rows) throws -> ValueID {
                if sizes.isEmpty { return value }
                let apart = try rows.patch.reshaped(value, sizes, name: rows.name)
                if sizes[0].value == 1, type.shape[0].value != 1 {
                    let indices = rows.match.type(rows.indices).rank
                    return try rows.patch.reshaped(apart, [Dim](repeating: 1, count: indices) + sizes.dropFirst(), name: rows.name)
                }
                return try rows.gathered(apart)
            }
            // Scales have all dimensions now; blocks stay those of the same dimension, counted from the end.
            let placement = op.placement.block == 0 ? ScalePlacement() : ScalePlacement(axis: axis - type.rank, block: op.placement.block)
            let zero = try match.operand(step, 2).map { try parameter($0, &self) }
            let operands = [try gathered(levels), try parameter(scale, &self), zero]
            return try patch.apply(Dequantize(placement, to: op.to), operands.trimmed, name: step.name)
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
