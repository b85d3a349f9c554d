import IR

/// From which nodes of the module as it was those came that are there now.
package struct NodeOrigins: Sendable {
    /// Operator and name, `linear 'encoder.0.mlp.fc1'`, by function and node.
    private var sources: [String: [NodeID: [String]]] = [:]

    /// Every node from itself.
    package init(_ module: Module) {
        for graph in module.functions { sources[graph.name] = NodeOrigins.own(graph.nodes) }
    }

    private static func own(_ nodes: [Node]) -> [NodeID: [String]] {
        Dictionary(nodes.map { ($0.id, ["\($0.opName) '\($0.name)'"]) }) { first, _ in first }
    }

    /// Of a node, in the order of the function as it was; itself for one that nobody knows.
    package func sources(of node: Node, in function: String) -> [String] {
        sources[function]?[node.id] ?? ["\(node.opName) '\(node.name)'"]
    }

    /// One function was rewritten: what was added stands for what went away, and where nothing did, for `anchor`.
    mutating func update(_ function: String, from before: Graph, to after: Graph, at anchor: NodeID) {
        let gone = before.order.filter { after.node($0) == nil }
        let from = merged(gone.isEmpty ? [anchor] : gone, function)
        for id in after.order where before.node(id) == nil { sources[function, default: [:]][id] = from }
    }

    /// As ``update(_:from:to:at:)`` for changes all over a function: nodes stand for those of their names.
    mutating func update(from before: Module, to after: Module) {
        for graph in after.functions {
            guard let old = before.function(graph.name) else {
                sources[graph.name] = NodeOrigins.own(graph.nodes)
                continue
            }
            let named = Dictionary(grouping: old.nodes.filter { graph.node($0.id) == nil }, by: \.name)
            for node in graph.nodes where old.node(node.id) == nil {
                guard let same = named[node.name], !node.name.isEmpty else { continue }
                sources[graph.name, default: [:]][node.id] = merged(same.map(\.id), graph.name)
            }
        }
    }

    private func merged(_ nodes: [NodeID], _ function: String) -> [String] {
        var seen: Set<String> = []
        return nodes.flatMap { sources[function]?[$0] ?? [] }.filter { seen.insert($0).inserted }
    }
}
