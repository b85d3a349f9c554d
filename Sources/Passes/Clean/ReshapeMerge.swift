import IR

/// Makes one view of several.
///
///     x ──▶ reshape ──▶ reshape ──▶ y        ⟶        x ──▶ reshape ──▶ y
///     x ──▶ expand  ──▶ expand  ──▶ y        ⟶        x ──▶ expand  ──▶ y
///     x ──▶ reshape ──▶ transpose ──▶ reshape ──▶ y   ⟶   x ──▶ transpose ──▶ y, where ``GroupedTransposition`` says so
package struct ReshapeMerge: Rule {
    package let name = "reshape-merge"
    package let documentation =
        "Replaces a reshape of a reshape, or an expand of an expand, by the last one alone; drops those around a transpose."
    package let promise = Promise.exact
    package let anchors: Set<String>? = ["reshape", "expand"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let output = node.outputs.first else { return nil }
        if let patch = try transposition(node, output, match) { return patch }
        guard let inner = match.producer(of: match.operand(node, 0), node.opName), let x = match.operand(inner, 0)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        if graph.type(of: x) == graph.type(of: output) {
            patch.replace(output, with: x)
        } else {
            try patch.replace(output, by: node.op, [x], name: node.name)
        }
        return patch
    }
}
