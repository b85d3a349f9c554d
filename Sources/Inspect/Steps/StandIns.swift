import IR
import Passes

/// Whose values the nodes of a rewritten module give: a layer that took in an activation and a residual gives the residual's sum.
package struct StandIns: Sendable {
    private struct Key: Hashable {
        let function, op, node: String
    }

    /// Operator and name.
    private var last: [Key: (op: String, node: String)] = [:]
    /// Of several nodes of one name as imported the last one's operator.
    private var final: [Key: String] = [:]

    /// Every node gives its own.
    package init() {}

    /// - Parameters:
    ///   - result: of a run that recorded origins; without those as ``init()``.
    ///   - imported: what was rewritten.
    package init(_ result: PassResult, of imported: Module) {
        for graph in imported.functions {
            for node in graph.nodes { final[Key(function: graph.name, op: "", node: node.name)] = node.opName }
        }
        guard let origins = result.origins else { return }
        for graph in result.module.functions {
            for node in graph.nodes {
                guard let source = origins.sources(of: node, in: graph.name).last, let name = StandIns.name(in: source) else { continue }
                last[Key(function: graph.name, op: node.opName, node: node.name)] = (String(source.prefix { $0 != " " }), name)
            }
        }
    }

    /// `x.y` of `linear 'x.y'`.
    private static func name(in source: String) -> String? {
        guard let first = source.firstIndex(of: "'"), let end = source.lastIndex(of: "'"), first < end else { return nil }
        return String(source[source.index(after: first)..<end])
    }

    /// The node as imported whose value this one gives.
    func value(_ op: String, _ node: String, in function: String) -> (op: String, node: String) {
        last[Key(function: function, op: op, node: node)] ?? (op, node)
    }

    /// Whether `op` may be what the node called `node` as imported comes to.
    func isFinal(_ op: String, _ node: String, in function: String) -> Bool {
        final[Key(function: function, op: "", node: node)].map { $0 == op } ?? true
    }
}
