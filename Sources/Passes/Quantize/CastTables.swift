import IR

/// Stores tables of which rows are picked as bf16 or f16.
///
///     @table: f32 ─▶ gather ─▶ y        ⟶        @table#cast(bf16) ─▶ gather ─▶ cast(f32) ─▶ y
///        indices ──────┘                              indices ────────┘
package struct CastTables: Rule {
    package let name = "cast-tables"
    package let documentation = "Rounds embeddings and codebooks to bf16 or f16; rows are f32 again when they are picked."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = TableLookup.anchors

    package let policy: PrecisionPolicy

    package init(_ policy: PrecisionPolicy) { self.policy = policy }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let half = policy.scheme(of: node, in: graph).half, let lookup = TableLookup(node, graph, module),
            let narrowed = try CastLinearWeights.narrowed(lookup.table, to: half, module)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let table = try patch.constant(narrowed)
        let rows = try patch.apply(Gather(), [table, lookup.indices], name: node.name)
        patch.replace(lookup.output, with: try patch.apply(Cast(to: .f32), [rows], name: node.name))
        return patch
    }
}
