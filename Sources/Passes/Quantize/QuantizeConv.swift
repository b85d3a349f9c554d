import IR

/// Stores the filters of convolutions in 8 bits.
///
///     x, @w: f32, b, r ─▶ fused_conv ─▶ y        ⟶        x, @w#i8: i8, @w#i8.scale, b, r ─▶ quantized_conv ─▶ y
///
/// Each output channel's weights are scaled by their largest magnitude. Activations stay f32: Winograd's algorithm, which needs
/// them so, takes a quarter of the products of a 3 × 3 kernel.
package struct QuantizeConv: Rule {
    package let name = "quantize-conv"
    package let documentation = "Rounds the filters of convolutions to 8 bits with a scale for each output channel; products stay f32."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = ConvLayer.anchors

    package let policy: PrecisionPolicy

    package init(_ policy: PrecisionPolicy) { self.policy = policy }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard policy.scheme(of: node, in: graph).isInteger, let layer = ConvLayer(node, graph, module), let output = node.outputs.first
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let (weight, scale) = try policy.quantized(layer.filter, .full, module, &patch)
        let op = QuantizedConv(layer.geometry, activation: layer.activation)
        try patch.replace(output, by: op, [layer.x, weight, scale, layer.bias, layer.residual].trimmed, name: node.name)
        return patch
    }
}
