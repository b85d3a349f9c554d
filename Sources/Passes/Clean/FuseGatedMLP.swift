import IR

/// Finds the gated feed-forward layer (GLU Variants, arXiv 2002.05202).
///
///     x ─┬─▶ linear(w₁) ─▶ activation ─▶ mul ─▶ y        ⟶        x, w₁, w₂ ─▶ gated_linear ─▶ y
///        └─▶ linear(w₂) ────────────────┘
package struct FuseGatedMLP: Rule {
    package let name = "fuse-gated-mlp"
    package let documentation = "Replaces activation(linear(x, w₁)) · linear(x, w₂) by gated_linear, which reads x once."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["mul"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        for (activated, plain) in match.bothOrders(node) {
            guard let output = node.outputs.first, let bend = graph.producer(of: activated),
                let activation = Activation.named(bend.opName), match.hasSingleUse(activated),
                let (gate, gateOp) = match.soleOp(Linear.self, of: match.operand(bend, 0)), !gateOp.bf16,
                let (up, upOp) = match.soleOp(Linear.self, of: plain), !upOp.bf16, let x = match.operand(gate, 0),
                match.operand(up, 0) == x,
                let gateWeight = match.operand(gate, 1), let upWeight = match.operand(up, 1),
                graph.type(of: gateWeight) == graph.type(of: upWeight)
            else { continue }
            var patch = Patch(for: graph, at: node.id)
            let operands = [x, gateWeight, upWeight, match.operand(gate, 2), match.operand(up, 2)].trimmed
            try patch.replace(output, by: GatedLinear(activation: activation), operands, name: gate.name)
            return patch
        }
        return nil
    }
}

extension Activation {
    /// The activation that the unary operator `opName` computes, if fused operators know it.
    static func named(_ opName: String) -> Activation? {
        let activation = Activation(rawValue: opName)
        return activation == Activation.none ? nil : activation
    }
}
