import IR

/// Takes the slope of SiLU behind a group norm into the norm's gradient, which works out from x what SiLU saw.
///
///     x ─▶ group_norm ─▶ z        dy · (σ(z) + silu(z) · (1 - σ(z))) ─▶ group_norm_gradient(x)
///                       ⟶        dy ─▶ group_norm_gradient(x) {silu}
///
/// Neither z nor σ(z) are kept for the way back then, and the norm on the way there has one reader, as fuse-group-norm-silu wants it.
package struct FuseGroupNormGradient: Rule {
    package let name = "fuse-group-norm-gradient"
    package let documentation = "Takes the slope of silu after a group_norm into its group_norm_gradient."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = [GroupNormGradient.opName]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let op = node.op as? GroupNormGradient, !op.silu, let x = match.operand(node, 0),
            let product = match.soleProducer(of: match.operand(node, 1), "mul")
        else { return nil }
        for (dy, slope) in match.bothOrders(product) {
            guard let z = Self.sloped(slope, match), let norm = match.op(GroupNorm.self, of: z), norm.op.groups == op.groups,
                norm.op.eps == op.eps, match.operand(norm.node, 0) == x, match.operand(norm.node, 1) == match.operand(node, 2)
            else { continue }
            var patch = Patch(for: graph, at: node.id)
            let fused = GroupNormGradient(groups: op.groups, eps: op.eps, silu: true)
            let made = try patch.add(fused, [x, dy, match.operand(norm.node, 1), match.operand(norm.node, 2)], name: node.name)
            for (old, new) in zip(node.outputs, made) { patch.replace(old, with: new) }
            return patch
        }
        return nil
    }

    /// z, if `slope` is σ(z) + silu(z) · (1 - σ(z)).
    private static func sloped(_ slope: ValueID, _ match: Match) -> ValueID? {
        guard let sum = match.soleProducer(of: slope, "add") else { return nil }
        for (gate, rest) in match.bothOrders(sum) {
            guard let sigmoid = match.producer(of: gate, "sigmoid"), let z = match.operand(sigmoid, 0),
                let product = match.soleProducer(of: rest, "mul")
            else { continue }
            for (y, remainder) in match.bothOrders(product) {
                guard let silu = match.producer(of: y, "silu"), match.operand(silu, 0) == z,
                    let difference = match.producer(of: remainder, "sub"), match.isScalar(match.operand(difference, 0), 1),
                    match.operand(difference, 1) == gate
                else { continue }
                return z
            }
        }
        return nil
    }
}
