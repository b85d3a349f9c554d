import IR

/// Convolves with filters of 8 bits as they are stored.
///
///     @q, @scale ─▶ dequantize ─▶ w
///     x, w, b, r ─▶ fused_conv ─▶ y        ⟶        x, @q, @scale, b, r ─▶ quantized_conv ─▶ y
package struct WeightOnlyConv: Rule {
    package let name = "weight-only-conv"
    package let documentation = "Takes filters that are integers times scales into convolutions as they are stored."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ConvLayer.anchors

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let y = node.outputs.first, let conv = ConvOperands(node.op), let filter = IntegerFilter(node, match),
            match.areF32(node.inputs)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let operands = [
            match.operand(node, 0), try patch.constant(filter.levels), try patch.constant(filter.scale), match.operand(node, conv.bias),
            conv.residual.flatMap { match.operand(node, $0) },
        ]
        try patch.replace(y, by: QuantizedConv(conv.geometry, activation: conv.activation), operands.trimmed, name: node.name)
        return patch
    }
}
