import IR

/// Puts the branch that is taken in place of an `if` whose condition is known.
///
///     @true ──▶ if(@then, @else) ──▶ y        ⟶        nodes of then ──▶ y
package struct FoldCondition: Pass {
    package let name = "fold-condition"
    package let documentation = "Replaces an if of a known condition by the branch that it takes."
    package let promise = Promise.exact

    package init() {}

    package func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int {
        var changes = 0
        for id in graph.order where changes < limit {
            guard let node = graph.node(id), let op = node.op as? If, module.isPure(node),
                let condition = Match(graph, module).scalar(node.inputs.first ?? nil),
                let branch = module.function(condition != 0 ? op.then : op.otherwise)
            else { continue }
            var inlined = graph
            let operands = node.inputs.dropFirst().compactMap { $0 }
            // What is checked when it runs only stays a choice.
            guard (try? inlined.inline(id, branch, operands: operands, callees: Callees(module))) != nil else { continue }
            graph = inlined
            changes += 1
        }
        return changes
    }
}
