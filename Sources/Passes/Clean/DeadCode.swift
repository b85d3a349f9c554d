import IR

/// Removes nodes that no output depends on.
///
///     x ──▶ f ──▶ (nobody)        ⟶        x
package struct DeadCode: Pass {
    package let name = "dead-code"
    package let documentation = "Removes nodes whose results no output depends on."
    package let promise = Promise.exact

    package init() {}

    /// One change, however many nodes go: they are dead for one reason and cannot be told apart by their effect.
    package func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int {
        limit > 0 && graph.removeDeadNodes() > 0 ? 1 : 0
    }
}
