import IR

/// Scales the sums of an integer convolution while they are in registers.
///
///     x, @w, zero ─▶ integer_conv ─▶ add ─▶ cast(f32) ─▶ mul ─▶ y    ⟶    x, @w, zero, offset, x_scale, scale ─▶ integer_conv ─▶ y
///                          offset ────┘        factor ────┘
///
/// and a bias behind it.
package struct ScaleIntegerConv: Rule {
    package let name = "scale-integer-conv"
    package let documentation = "Takes offsets and scales of integer sums, and a bias, into the convolution that they come from."
    package let promise = Promise.exact
    package let anchors: Set<String>? = [Binary<Mul>.opName, Binary<Add>.opName]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let y = node.outputs.first, match.type(y).rank == 4 else { return nil }
        return node.op is Binary<Add> ? try added(node, y, match) : try scaled(node, y, match)
    }

    private func scaled(_ node: Node, _ y: ValueID, _ match: Match) throws -> Patch? {
        guard match.type(y).dtype == .f32 else { return nil }
        for (sums, factor) in match.bothOrders(node) {
            guard let cast = match.soleProducer(of: sums, Cast.opName),
                let (conv, op) = match.soleOp(IntegerConv.self, of: match.operand(cast, 0)), conv.inputs.count <= IntegerConv.xScale,
                match.type(sums) == match.type(y), let scales = IntegerScales(factor, axis: 1, of: match.type(y), match)
            else { continue }
            var patch = Patch(for: match.graph, at: node.id)
            let given = (0..<IntegerConv.xScale).map { match.operand(conv, $0) }
            try patch.replace(y, by: op, given + scales.operands(&patch, node.name), name: conv.name)
            return patch
        }
        return nil
    }

    /// An offset of the sums, or a bias of what they became.
    private func added(_ node: Node, _ y: ValueID, _ match: Match) throws -> Patch? {
        let type = match.type(y)
        for (product, row) in match.bothOrders(node) {
            guard let (conv, op) = match.soleOp(IntegerConv.self, of: product), match.type(product) == type, op.activation == .none,
                match.type(row).elementCount == type.shape[1], IntegerScales.isRow(match.type(row), axis: 1, of: type)
            else { continue }
            let position = type.dtype == .i32 ? IntegerConv.offset : IntegerConv.xScale + 2
            guard conv.inputs.count <= position else { continue }
            var patch = Patch(for: match.graph, at: node.id)
            let given = (0..<position).map { match.operand(conv, $0) }
            try patch.replace(y, by: op, given + [try patch.reshaped(row, [type.shape[1]], name: node.name)], name: conv.name)
            return patch
        }
        return nil
    }
}
