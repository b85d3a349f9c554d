import IR

/// Scales the sums of an integer product while they are in registers.
///
///     x, @w, zero ─▶ integer_linear ─▶ cast(f32) ─▶ mul ─▶ y        ⟶        x, @w, zero, x_scale, scale ─▶ integer_linear ─▶ y
///                    x_scale ─▶ mul ──────────────────┘
///                    @scale ─────┘
///
/// and a bias behind it. The scale of the weight is one for all outputs or one for each; a factor that is no product of two takes 1 as the
/// other.
package struct ScaleIntegerLinear: Rule {
    package let name = "scale-integer-linear"
    package let documentation = "Takes the scales of integer sums, and a bias, into the dense layer that they come from."
    package let promise = Promise.exact
    package let anchors: Set<String>? = [Binary<Mul>.opName, Binary<Add>.opName]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        return node.op is Binary<Add> ? try withBias(node, match) : try scaled(node, match)
    }

    private func scaled(_ node: Node, _ match: Match) throws -> Patch? {
        guard let y = node.outputs.first, match.type(y).dtype == .f32 else { return nil }
        for (sums, factor) in match.bothOrders(node) {
            guard let cast = match.soleProducer(of: sums, Cast.opName),
                let (product, op) = match.soleOp(IntegerLinear.self, of: match.operand(cast, 0)),
                product.inputs.count <= IntegerLinear.xScale,
                match.type(sums) == match.type(y),
                let scales = IntegerScales(factor, axis: match.type(y).rank - 1, of: match.type(y), match)
            else { continue }
            var patch = Patch(for: match.graph, at: node.id)
            let operands = try [product.inputs[0], product.inputs[1], match.operand(product, 2)] + scales.operands(&patch, node.name)
            try patch.replace(y, by: op, operands, name: product.name)
            return patch
        }
        return nil
    }

    private func withBias(_ node: Node, _ match: Match) throws -> Patch? {
        guard let y = node.outputs.first else { return nil }
        for (product, bias) in match.bothOrders(node) {
            guard let (linear, op) = match.soleOp(IntegerLinear.self, of: product), linear.inputs.count == IntegerLinear.xScale + 2,
                op.activation == .none, match.type(product) == match.type(y), let columns = match.type(product).shape.last,
                Match.isRow(match.type(bias), columns), match.graph.constantKey(of: bias) != nil
            else { continue }
            var patch = Patch(for: match.graph, at: node.id)
            try patch.replace(y, by: op, linear.inputs + [try patch.reshaped(bias, [columns], name: linear.name)], name: linear.name)
            return patch
        }
        return nil
    }
}
