import IR

/// Puts functions in place of their calls.
///
///     x ──▶ call(@f) ──▶ y        ⟶        x ──▶ nodes of f ──▶ y
///
/// A private function that is called once, or is small, goes; what draws random numbers stays, since numbers belong to a call.
package struct InlineCalls: Pass {
    package let name = "inline-calls"
    package let documentation = "Puts private functions that are small, or called once, in place of their calls."
    package let promise = Promise.exact

    /// Nodes of a function that is copied to each of several callers.
    package let small: Int

    package init(small: Int = 32) { self.small = small }

    package func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int {
        var changes = 0
        var refused: Set<NodeID> = []
        let most = graph.nodeCount + InlineCalls.growth
        // An inlined function may call others.
        while changes < limit, graph.nodeCount < most, let (id, callee) = next(graph, module, refused) {
            var inlined = graph
            do {
                try inlined.inline(id, callee, operands: graph.node(id)?.inputs.compactMap { $0 } ?? [], callees: Callees(module))
            } catch {
                // What is checked when it runs only stays a call.
                refused.insert(id)
                continue
            }
            graph = inlined
            changes += 1
        }
        return changes
    }

    /// Nodes that inlining may add to a function, about.
    static let growth = 10_000

    private func next(_ graph: Graph, _ module: Module, _ refused: Set<NodeID>) -> (NodeID, Graph)? {
        for node in graph.nodes where !refused.contains(node.id) {
            guard let call = node.op as? Call, let callee = module.function(call.function), callee.isPrivate, module.isPure(node),
                callee.nodeCount <= small || Self.callCount(of: call.function, module) == 1
            else { continue }
            return (node.id, callee)
        }
        return nil
    }

    /// How many nodes of the module call `function`.
    static func callCount(of function: String, _ module: Module) -> Int {
        module.functions.reduce(0) { sum, graph in
            sum + graph.nodes.reduce(0) { $0 + $1.op.calledFunctions.filter { $0 == function }.count }
        }
    }
}
