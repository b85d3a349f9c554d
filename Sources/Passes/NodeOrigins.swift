import IR

/// From which nodes of the module as it was those came that are there now.
package struct NodeOrigins: Sendable {
    /// A node of the module as it was.
    private struct Source: Sendable {
        let id: NodeID
        /// Operator and name, `linear 'encoder.0.mlp.fc1'`.
        let text: String

        init(_ node: Node) { (id, text) = (node.id, "\(node.opName) '\(node.name)'") }
    }

    /// By function and node.
    private var sources: [String: [NodeID: [Source]]] = [:]
    /// The values of the functions as they were that others have replaced, by what stands for them.
    private var replaced: [String: [ValueID: ValueID]] = [:]
    /// How many values the functions had: those that came later have higher numbers.
    private var counts: [String: Int] = [:]

    /// Every node from itself.
    package init(_ module: Module) { for graph in module.functions { begin(graph) } }

    private mutating func begin(_ graph: Graph) {
        sources[graph.name] = Dictionary(graph.nodes.map { ($0.id, [Source($0)]) }) { first, _ in first }
        counts[graph.name] = graph.valueCount
    }

    /// Of a node, in the order of the function as it was; itself for one that nobody knows.
    package func sources(of node: Node, in function: String) -> [String] {
        var seen: Set<String> = []
        return sources[function]?[node.id]?.map(\.text).filter { seen.insert($0).inserted } ?? ["\(node.opName) '\(node.name)'"]
    }

    /// The same by their identity in the function as it was; empty for a node that nobody knows.
    package func nodes(behind node: Node, in function: String) -> [NodeID] { sources[function]?[node.id]?.map(\.id) ?? [] }

    /// The value of the function as it was that `value` equals; nil for one that only came with a rewrite.
    package func value(behind value: ValueID, in function: String) -> ValueID? {
        if let count = counts[function], value.index < count { return value }
        return replaced[function]?[value]
    }

    /// One function was rewritten: what was added stands for what went away, and where nothing did, for `anchor`.
    mutating func update(_ function: String, from before: Graph, to after: Graph, at anchor: NodeID) {
        let gone = before.order.filter { after.node($0) == nil }
        let from = merged(gone.isEmpty ? [anchor] : gone, function)
        for id in after.order where before.node(id) == nil { sources[function, default: [:]][id] = from }
        follow(function, before, after)
    }

    /// What nodes and outputs read in place of a value of the same type stands for it.
    private mutating func follow(_ function: String, _ before: Graph, _ after: Graph) {
        func replace(_ old: ValueID, _ new: ValueID) {
            guard old != new, before.valueType(of: old) == after.valueType(of: new), let origin = value(behind: old, in: function),
                value(behind: new, in: function) == nil
            else { return }
            replaced[function, default: [:]][new] = origin
        }
        for node in after.nodes {
            guard let was = before.node(node.id) else { continue }
            for case (let old?, let new?) in zip(was.inputs, node.inputs) { replace(old, new) }
        }
        let outputs = Dictionary(before.outputs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        for output in after.outputs { if let old = outputs[output.name] { replace(old, output.value) } }
    }

    /// As ``update(_:from:to:at:)`` for changes all over a function: nodes stand for those of their names.
    mutating func update(from before: Module, to after: Module) {
        for graph in after.functions {
            guard let old = before.function(graph.name) else {
                begin(graph)
                // Its nodes are from nowhere in the module as it was.
                counts[graph.name] = nil
                continue
            }
            let named = Dictionary(grouping: old.nodes.filter { graph.node($0.id) == nil }, by: \.name)
            for node in graph.nodes where old.node(node.id) == nil {
                guard let same = named[node.name], !node.name.isEmpty else { continue }
                sources[graph.name, default: [:]][node.id] = merged(same.map(\.id), graph.name)
            }
            follow(graph.name, old, graph)
        }
    }

    private func merged(_ nodes: [NodeID], _ function: String) -> [Source] {
        var seen: Set<NodeID> = []
        return nodes.flatMap { sources[function]?[$0] ?? [] }.filter { seen.insert($0.id).inserted }
    }
}
