import IR

/// Stores the filters of convolutions as bf16 or f16.
///
///     x, @w: f32 ─▶ conv ─▶ y        ⟶        x, @w#cast(bf16): bf16 ─▶ conv ─▶ y
package struct CastConvWeights: Rule {
    package let name = "cast-conv-weights"
    package let documentation = "Rounds the filters of convolutions to bf16 or f16, which halves what they weigh; products stay f32."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = ConvLayer.anchors

    package let policy: PrecisionPolicy

    package init(_ policy: PrecisionPolicy) { self.policy = policy }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let half = policy.scheme(of: node, in: graph).half, let layer = ConvLayer(node, graph, module),
            let output = node.outputs.first,
            let filter = try CastLinearWeights.narrowed(layer.filter, to: half, module)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        var operands = node.inputs
        operands[1] = try patch.constant(filter)
        try patch.replace(output, by: node.op, operands, name: node.name)
        return patch
    }
}
