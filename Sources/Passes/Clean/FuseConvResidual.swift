import IR

/// Adds the skip connection while the convolution is still in registers.
///
///     x ─▶ conv2d ─▶ add ─▶ y        ⟶        x, residual ─▶ fused_conv2d ─▶ y
///       residual ─────┘
package struct FuseConvResidual: Rule {
    package let name = "fuse-conv-residual"
    package let documentation = "Takes the addition of a tensor of equal shape after a conv2d or fused_conv2d into it."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["add"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        for (residual, product) in match.bothOrders(node) {
            guard let output = node.outputs.first, residual != product,
                graph.type(of: residual) == graph.type(of: output), graph.type(of: product) == graph.type(of: output),
                graph.hasSingleUse(product),
                let conv = graph.producer(of: product), let fused = fused(conv), match.operand(conv, 3) == nil
            else { continue }
            var patch = Patch(for: graph, at: node.id)
            let operands = (0..<3).map { match.operand(conv, $0) } + [residual]
            try patch.replace(output, by: fused, operands, name: conv.name)
            return patch
        }
        return nil
    }

    private func fused(_ node: Node) -> FusedConv2D? {
        (node.op as? Conv2D).map { FusedConv2D($0.geometry) } ?? node.op as? FusedConv2D
    }
}
