import IR

/// Applies an activation while the product is still in registers.
///
///     x ─▶ linear ─▶ gelu ─▶ y        ⟶        x ─▶ fused_linear(gelu) ─▶ y
package struct FuseLinearActivation: Rule {
    package let name = "fuse-linear-activation"
    package let documentation = "Takes the activation after a linear into a fused_linear."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["relu", "gelu", "gelu_tanh", "silu", "tanh", "sigmoid"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let output = node.outputs.first, let activation = Activation.named(node.opName),
            let (linear, _) = match.soleOp(Linear.self, of: match.operand(node, 0))
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        try patch.replace(output, by: FusedLinear(activation: activation), linear.inputs, name: linear.name)
        return patch
    }
}
