import IR

/// Finds the sigmoid linear unit.
///
///     x ─┬───────────▶ mul ──▶ y        ⟶        x ──▶ silu ──▶ y
///        └▶ sigmoid ────┘
package struct FuseSilu: Rule {
    package let name = "fuse-silu"
    package let documentation = "Replaces x · sigmoid(x) by silu(x)."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["mul"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        for (x, gate) in match.bothOrders(node) {
            guard let output = node.outputs.first, let sigmoid = match.producer(of: gate, "sigmoid"),
                match.operand(sigmoid, 0) == x
            else { continue }
            var patch = Patch(for: graph, at: node.id)
            try patch.replace(output, by: Unary<Silu>(), [x], name: node.name)
            return patch
        }
        return nil
    }
}
