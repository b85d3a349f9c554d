import IR

/// Finds the sigmoid linear unit.
///
///     x ─┬───────────▶ mul ──▶ y        ⟶        x ──▶ silu ──▶ y
///        └▶ sigmoid ────┘
public struct FuseSilu: Rule {
    public let name = "fuse-silu"
    public let documentation = "Replaces x · sigmoid(x) by silu(x)."
    public let promise = Promise.rounding
    public let anchors: Set<String>? = ["mul"]

    public init() {}

    public func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
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
