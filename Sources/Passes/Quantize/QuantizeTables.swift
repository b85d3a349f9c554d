import IR

/// Stores tables of which rows are picked in 8 bits, with a scale for each row.
///
///     @table: f32 ─▶ gather ─▶ y        ⟶        @table#levels: i8 ─▶ gather ─▶ cast ─▶ mul ─▶ y
///        indices ──────┘                        @table#levels.scale ─▶ gather ─▶ reshape ─┘
package struct QuantizeTables: Rule {
    package let name = "quantize-tables"
    package let documentation =
        "Rounds embeddings and codebooks to 8 bits with a scale for each row; rows are f32 again when they are picked."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = TableLookup.anchors

    package let policy: PrecisionPolicy

    package init(_ policy: PrecisionPolicy) { self.policy = policy }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard policy.scheme(of: node, in: graph).isInteger, let lookup = TableLookup(node, graph, module) else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let key = "\(lookup.table.key)#levels"
        let (levels, scales) = try QuantizeTables.rounded(lookup.table, key, module)
        let rows = try patch.apply(Gather(), [try patch.constant(levels), lookup.indices], name: node.name)
        let picked = try patch.apply(Gather(), [try patch.constant(scales), lookup.indices], name: node.name)
        let wide = try patch.apply(Cast(to: .f32), [rows], name: node.name)
        let factors = try patch.reshaped(picked, graph.type(of: lookup.indices).shape + [1], name: node.name)
        patch.replace(lookup.output, with: try patch.apply(Binary<Mul>(), [wide, factors], name: node.name))
        return patch
    }

    /// Integers [rows, columns] and scales [rows], which the module may have already.
    private static func rounded(_ table: Constant, _ key: String, _ module: Module) throws -> (levels: Constant, scales: Constant) {
        if let levels = module.constants[key], let scales = module.constants["\(key).scale"] { return (levels, scales) }
        defer { table.bytes?.evict() }
        guard let rows = QuantizedRows(table, .full) else { throw InferenceError("@\(table.key) has no data") }
        return (Constant(key: key, rows.integers), Constant(key: "\(key).scale", rows.scales))
    }
}
