import IR

/// Computes what a concat joins in its part of the result.
///
///     x ─▶ conv ─┐                              x ─▶ conv placed ─┐
///                ├▶ concat ─▶ y        ⟶                          ├▶ concat ─▶ y
///     z ─▶ conv ─┘                              z ─▶ conv placed ─┘
///
/// Not what the caller gets: that lies in memory of its own.
package struct PlaceParts: Pass {
    package let name = "place-parts"
    package let documentation = "Marks what is computed in its part of a concat's result, which then copies nothing."
    package let promise = Promise.exact

    package init() {}

    package func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int {
        let results = graph.returned
        var changes = 0
        for node in graph.nodes where changes < limit && !node.op.facts.contains(.view) && !node.hints.contains(.placed) {
            guard let value = node.outputs.first, node.outputs.count == 1, !results.contains(value),
                graph.type(of: value).dtype.bits >= 8, graph.concat(of: value) != nil
            else { continue }
            graph.addHints(.placed, to: node.id)
            changes += 1
        }
        return changes
    }
}

extension Graph {
    /// The concat that reads `value`, once; the first of several.
    package func concat(of value: ValueID) -> Node? {
        users(of: value).lazy.compactMap { node($0) }.first { node in
            node.op is Concat && node.inputs.filter { $0 == value }.count == 1
        }
    }
}
