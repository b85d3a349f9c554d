import IR

/// Computes equal things once.
///
///     x ─┬─▶ f ──▶ a              x ──▶ f ─┬─▶ a
///        └─▶ f ──▶ b      ⟶               └─▶ b
package struct CommonSubexpressions: Pass {
    package let name = "common-subexpressions"
    package let documentation =
        "Merges pure nodes with the same operator, attributes and operands, those of commutative operators in any order."
    package let promise = Promise.exact

    package init() {}

    private struct Key: Hashable {
        let opName: String
        let attributes: Attributes
        let inputs: [ValueID?]
    }

    /// One walk in execution order suffices: operands are merged before the nodes that read them.
    package func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int {
        var first: [Key: [ValueID]] = [:]
        var changes = 0
        for id in graph.order {
            // Two nodes that decide sizes name different symbols for them.
            guard changes < limit, let node = graph.node(id), node.sizes.isEmpty, module.isPure(node) else { continue }
            let key = Key(opName: node.opName, attributes: node.op.attributes, inputs: operands(of: node))
            guard let known = first[key] else { first[key] = node.outputs; continue }
            for (old, new) in zip(node.outputs, known) { graph.replaceUses(of: old, with: new) }
            changes += 1
        }
        if changes > 0 { graph.removeDeadNodes() }
        return changes
    }

    /// In an order of their own where theirs does not matter.
    private func operands(of node: Node) -> [ValueID?] {
        guard node.op.facts.contains(.commutative) else { return node.inputs }
        return node.inputs.sorted { ($0?.index ?? -1) < ($1?.index ?? -1) }
    }
}
