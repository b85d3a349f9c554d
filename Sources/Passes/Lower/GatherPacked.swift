import IR

/// Picks rows of a table from where a dense layer reads it, so that it is there once.
///
///     @w ─▶ pack ─▶ quantized_linear        ⟶        @w ─▶ pack ─▶ quantized_linear
///     @w, indices ─▶ gather ─▶ y                      @w ─▶ pack ─▶ gather ─▶ y
///
/// Of bytes alone: four of a row lie together in panels. Wider elements are each in a cache line of its own there, which takes longer to pick.
package struct GatherPacked: Rule {
    package let name = "gather-packed"
    package let documentation =
        "Picks rows of a table of 8-bit integers from the weight of a dense layer that it is, so that it is kept once."
    package let promise = Promise.exact
    package let anchors: Set<String>? = [Gather.opName]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let gather = node.op as? Gather, let table = node.inputs.first ?? nil, let key = graph.constantKey(of: table),
            graph.type(of: table).dtype == .i8, graph.type(of: table).rank == 2, [0, -2].contains(gather.axis), let y = node.outputs.first,
            let layout = GatherPacked.layout(of: key, module)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let packed = try patch.apply(Pack(layout), [table], name: key)
        try patch.replace(y, by: gather, [packed] + node.inputs.dropFirst(), name: node.name)
        return patch
    }

    /// The layout in which dense layers read `key`; nil if none does.
    private static func layout(of key: String, _ module: Module) -> Layout? {
        let layouts = module.functions.flatMap { graph in
            graph.nodes.compactMap { node -> Layout? in
                guard let pack = node.op as? Pack, let weight = node.inputs.first ?? nil, graph.constantKey(of: weight) == key else {
                    return nil
                }
                return pack.layout
            }
        }
        return [.panels, .weightOnlyPanels].first { layouts.contains($0) }
    }
}
