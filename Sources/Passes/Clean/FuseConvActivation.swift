import IR

/// Applies an activation while the convolution is still in registers.
///
///     x ─▶ conv2d ─▶ silu ─▶ y        ⟶        x ─▶ fused_conv2d(silu) ─▶ y
package struct FuseConvActivation: Rule {
    package let name = "fuse-conv-activation"
    package let documentation = "Takes the activation after a conv2d into a fused_conv2d."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["relu", "gelu", "gelu_tanh", "silu", "tanh", "sigmoid"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let output = node.outputs.first, let activation = Activation.named(node.opName),
            let (conv, op) = match.soleOp(Conv2D.self, of: match.operand(node, 0))
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        try patch.replace(output, by: FusedConv2D(op.geometry, activation: activation), conv.inputs, name: conv.name)
        return patch
    }
}
