import IR

/// Runs neighbouring elementwise operators as one step, a block of elements through all of them.
///
///     x ─▶ add ─▶ tanh ─▶ mul ─▶ y        ⟶        x ─▶ add ─▶ tanh joined ─▶ mul joined ─▶ y
package struct JoinElementwise: Pass {
    package let name = "join-elementwise"
    package let documentation = "Marks neighbouring f32 operators over as many elements, which run as one step."
    package let promise = Promise.exact

    /// Operators of one step at most.
    package static let longest = 16

    package init() {}

    package func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int {
        var (changes, length) = (0, 0)
        var last: Dim?
        // What shows elements of others takes no step, so what stands around it are neighbours.
        for node in graph.nodes where !node.op.facts.contains(.view) && !(node.op is Pack) {
            let count = Self.elementCount(node, graph)
            defer { last = count }
            guard let count, count == last, length < Self.longest, changes < limit else { length = 1; continue }
            length += 1
            guard !node.hints.contains(.joined) else { continue }
            graph.addHints(.joined, to: node.id)
            changes += 1
        }
        return changes
    }

    /// Elements of the result of an operator that such steps take; nil for others.
    private static func elementCount(_ node: Node, _ graph: Graph) -> Dim? {
        guard node.op is any StageOperator, let y = node.outputs.first, graph.type(of: y).dtype == .f32 else { return nil }
        return graph.type(of: y).elementCount
    }
}

/// Operators that a step of several elementwise operators takes.
private protocol StageOperator {}

extension Unary: StageOperator {}

extension Binary: StageOperator {}
