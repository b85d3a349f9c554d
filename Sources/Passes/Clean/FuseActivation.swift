import IR

/// Applies an activation while the product is still in registers.
///
///     x ─▶ linear ─▶ gelu ─▶ y        ⟶        x ─▶ fused_linear(gelu) ─▶ y
package struct FuseActivation: Rule {
    package let layer: FusedLayer
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["relu", "gelu", "gelu_tanh", "silu", "tanh", "sigmoid"]

    package init(_ layer: FusedLayer) { self.layer = layer }

    package var name: String { "fuse-\(layer.rawValue)-activation" }

    package var documentation: String { "Takes the activation after a \(layer.rawValue) into a fused_\(layer.rawValue)." }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let output = node.outputs.first, graph.type(of: output).dtype.isFloat, let activation = Activation.named(node.opName),
            let product = match.operand(node, 0), let producer = graph.producer(of: product), layer.isPlain(producer.op),
            match.hasSingleUse(product), let fused = layer.fused(producer.op, activation)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        try patch.replace(output, by: fused, producer.inputs, name: producer.name)
        return patch
    }
}
