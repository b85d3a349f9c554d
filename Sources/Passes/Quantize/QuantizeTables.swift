import IR

/// Stores tables of which rows are picked in 8 bits, with a scale for each row. A table that is a dense layer's weight too, as the codes that a
/// decoder of 4M reads and gives, is kept once, in that layer's integers.
///
///     @table: f32 ─▶ gather ─▶ y        ⟶        @table#levels: i8, @table#levels.scale ─▶ dequantize ─▶ gather ─▶ y
///        indices ──────┘                                                        indices ───────────────────┘
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
        let (levels, scale) =
            try shared(lookup.table, module) ?? policy.quantized(lookup.table, "\(lookup.table.key)#levels", .full, module)
        let table = try patch.apply(Dequantize(), [try patch.constant(levels), try patch.constant(scale)], name: lookup.table.key)
        try patch.replace(lookup.output, by: Gather(), [table, lookup.indices], name: node.name)
        return patch
    }

    /// The integers of a dense layer with this weight, which rules before this one made.
    private func shared(_ table: Constant, _ module: Module) -> (levels: Constant, scale: Constant)? {
        [WeightRange.full, .half].lazy.map { PrecisionPolicy.key(of: table, $0) }.compactMap { key in
            module.constants[key].flatMap { levels in module.constants["\(key).scale"].map { (levels, $0) } }
        }.first
    }
}
