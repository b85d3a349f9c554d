import IR

/// Adds the residual stream or skip connection while the product is still in registers.
///
///     x ─▶ linear ─▶ add ─▶ y        ⟶        x, residual ─▶ fused_linear ─▶ y
///       residual ─────┘
package struct FuseResidual: Rule {
    package let layer: FusedLayer
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["add"]

    package init(_ layer: FusedLayer) { self.layer = layer }

    package var name: String { "fuse-\(layer.rawValue)-residual" }

    package var documentation: String {
        "Takes the addition of a tensor of equal shape after a \(layer.rawValue) or fused_\(layer.rawValue) into it."
    }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        for (residual, product) in match.bothOrders(node) {
            guard let output = node.outputs.first, residual != product, graph.type(of: output).dtype.isFloat,
                graph.type(of: residual) == graph.type(of: output), graph.type(of: product) == graph.type(of: output),
                let producer = graph.producer(of: product), let activation = layer.activation(of: producer.op),
                match.operand(producer, layer.residual(of: producer.op)) == nil, match.hasSingleUse(product),
                let fused = layer.fused(producer.op, activation)
            else { continue }
            var patch = Patch(for: graph, at: node.id)
            let operands = (0..<layer.residual(of: producer.op)).map { match.operand(producer, $0) } + [residual]
            try patch.replace(output, by: fused, operands, name: producer.name)
            return patch
        }
        return nil
    }
}
