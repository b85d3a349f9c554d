import IR
import Names

/// Values of a function by the names that people read in reports and in text of the IR.
package struct ValueNames {
    private let graph: Graph
    private var known: [String: ValueID] = [:]

    package init(_ graph: Graph) {
        self.graph = graph
        var number = 0
        for node in graph.nodes {
            for (index, value) in node.outputs.enumerated() {
                known["%\(number)"] = value
                number += 1
                // Of several nodes of one name the last: what the layer comes to.
                if index == 0, !node.name.isEmpty { known[node.name] = value }
                known["\(node.name):\(index)"] = value
            }
        }
        for output in graph.outputs { known[output.name] = output.value }
        for input in graph.inputs {
            guard let name = graph.inputName(of: input) else { continue }
            known[name] = input
            known["%" + name] = input
        }
    }

    /// The value called `name`: an input, an output, a node (its first result, and of several of one name that of the last), `NODE:1` for
    /// another result, `%12` as text of the IR numbers them.
    /// - Throws: ``WorkError`` that says what is called nearly so.
    package func value(_ name: String) throws -> ValueID {
        if let value = known[name] { return value }
        let names = known.keys.filter { !$0.hasPrefix("%") && !$0.contains(":") }.sorted()
        let hint = NearNames.hint(name, in: names, otherwise: "'tessera inspect MODEL --ir --function \(graph.name)' shows them")
        throw WorkError("function '\(graph.name)' has no value '\(ForeignText.clean(name))'; \(hint)", .content)
    }

    /// A name for `value` outside of its function: an input's own, a result's, or the node's.
    package func name(of value: ValueID) -> String {
        if let name = graph.inputName(of: value) { return name }
        if let output = graph.outputs.first(where: { $0.value == value }) { return output.name }
        guard let node = graph.producer(of: value), !node.name.isEmpty else { return "v\(value.index)" }
        let index = node.outputs.firstIndex(of: value) ?? 0
        return index == 0 ? node.name : "\(node.name):\(index)"
    }
}
