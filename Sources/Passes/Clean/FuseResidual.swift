import IR

/// Adds the residual stream while the product is still in registers.
///
///     x ─▶ linear ─▶ add ─▶ y        ⟶        x, residual ─▶ fused_linear ─▶ y
///       residual ─────┘
package struct FuseResidual: Rule {
    package let name = "fuse-residual"
    package let documentation = "Takes the addition of a tensor of equal shape after a linear or fused_linear into it."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["add"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        for (residual, product) in match.bothOrders(node) {
            guard let output = node.outputs.first, residual != product,
                graph.type(of: residual) == graph.type(of: output), graph.type(of: product) == graph.type(of: output),
                graph.hasSingleUse(product),
                let linear = graph.producer(of: product), let activation = activation(of: linear),
                match.operand(linear, 4) == nil
            else { continue }
            var patch = Patch(for: graph, at: node.id)
            let operands = (0..<4).map { match.operand(linear, $0) } + [residual]
            try patch.replace(output, by: FusedLinear(activation: activation), operands, name: linear.name)
            return patch
        }
        return nil
    }

    private func activation(of node: Node) -> Activation? {
        node.op is Linear ? Activation.none : (node.op as? FusedLinear)?.activation
    }
}
