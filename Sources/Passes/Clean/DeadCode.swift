import IR

/// Removes nodes that no output depends on.
///
///     x ──▶ f ──▶ (nobody)        ⟶        x
public struct DeadCode: Pass {
    public let name = "dead-code"
    public let documentation = "Removes nodes whose results no output depends on."
    public let promise = Promise.exact

    public init() {}

    /// One change, however many nodes go: they are dead for one reason and cannot be told apart by their effect.
    public func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int {
        limit > 0 && graph.removeDeadNodes() > 0 ? 1 : 0
    }
}
