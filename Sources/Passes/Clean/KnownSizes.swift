import IR

/// Replaces sizes that data seem to decide by what they are.
///
///     shape{[n, 4]} ─▶ slice ─▶ concat(…, @8) ─▶ sizes(a, b)        ⟶        a = n, b = 8 wherever they stand
///
/// Exporters compute shapes as tensors; followed through, most are expressions of sizes that are known.
package struct KnownSizes: Pass {
    package let name = "known-sizes"
    package let documentation = "Replaces sizes computed from constants and shapes by expressions of the sizes they come from."
    package let promise = Promise.exact

    package init() {}

    package func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int {
        var changes = 0
        for id in graph.order where changes < limit {
            guard let node = graph.node(id), node.op is Sizes, let x = node.inputs.first ?? nil,
                let values = IntegerValues(graph, module).values(of: x), values.count == node.sizes.count,
                values.allSatisfy({ $0.bounds().lower.map { $0 >= 0 } ?? false })
            else { continue }
            try graph.replaceSizes(Dictionary(zip(node.sizes, values), uniquingKeysWith: { first, _ in first }))
            graph.remove(id)
            changes += 1
        }
        if changes > 0 { graph.removeDeadNodes() }
        return changes
    }
}
