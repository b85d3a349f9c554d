import IR
import Passes

/// Whose values the nodes of a rewritten module give: a layer that took in an activation and a residual gives the residual's sum.
package struct StandIns: Sendable {
    private struct Key: Hashable {
        let function, op, node: String
    }

    private var last: [Key: String] = [:]

    /// Every node gives its own.
    package init() {}

    /// - Parameter result: of a run that recorded origins; without those as ``init()``.
    package init(_ result: PassResult) {
        guard let origins = result.origins else { return }
        for graph in result.module.functions {
            for node in graph.nodes {
                guard let source = origins.sources(of: node, in: graph.name).last, let name = StandIns.name(in: source) else { continue }
                last[Key(function: graph.name, op: node.opName, node: node.name)] = name
            }
        }
    }

    /// `x.y` of `linear 'x.y'`.
    private static func name(in source: String) -> String? {
        guard let first = source.firstIndex(of: "'"), let end = source.lastIndex(of: "'"), first < end else { return nil }
        return String(source[source.index(after: first)..<end])
    }

    /// The name of the node as imported whose value this one gives.
    func name(_ op: String, _ node: String, in function: String) -> String {
        last[Key(function: function, op: op, node: node)] ?? node
    }
}
