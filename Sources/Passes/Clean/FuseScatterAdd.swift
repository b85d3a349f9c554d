import IR

/// Adds rows to a tensor where they belong, not to zeros first.
///
///     zeros, indices, rows ─▶ scatter_rows {add} ─▶ add ─▶ y        ⟶        x, indices, rows ─▶ scatter_rows {add} ─▶ y
///                                        x ─────────┘
///
/// Gradients of a table that is both looked up and multiplied with come so, and the table may have tens of thousands of rows.
package struct FuseScatterAdd: Rule {
    package let name = "fuse-scatter-add"
    package let documentation = "Adds rows to the tensor that the scattered rows are added to, without a tensor of zeros between."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["add"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        for (x, sum) in match.bothOrders(node) {
            guard let output = node.outputs.first, match.type(x) == match.type(output), match.type(sum) == match.type(output),
                let (scatter, op) = match.soleOp(ScatterRows.self, of: sum), op.add, match.isScalar(match.operand(scatter, 0), 0),
                let indices = match.operand(scatter, 1), let rows = match.operand(scatter, 2)
            else { continue }
            var patch = Patch(for: graph, at: node.id)
            try patch.replace(output, by: op, [x, indices, rows], name: scatter.name)
            return patch
        }
        return nil
    }
}
