import IR

/// Takes the negation out of a condition, so that patterns need to know one form of masking only.
///
///     c ──▶ not ──▶ where(·, a, b)        ⟶        c ──▶ where(·, b, a)
package struct CanonicalWhere: Rule {
    package let name = "canonical-where"
    package let documentation = "Swaps the branches of a where whose condition is a negation."
    package let promise = Promise.exact
    package let anchors: Set<String>? = ["where"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard node.inputs.count == 3, let output = node.outputs.first,
            let negation = match.producer(of: node.inputs[0], "not"), let condition = match.operand(negation, 0)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        try patch.replace(output, by: Where(), [condition, node.inputs[2], node.inputs[1]], name: node.name)
        return patch
    }
}
