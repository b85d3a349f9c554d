import IR
import Names
import Passes

/// Nodes of a function, as text of the IR.
package struct NodeView: Encodable {
    package struct Line: Encodable {
        package let function: String
        /// Place in the order of the function.
        package let index: Int
        package let name, op: String
        /// As ``IR/Graph/description`` prints it.
        package let text: String
        package let types: [String]
        /// Names of the nodes and inputs that it reads, and of the nodes that read it.
        package let operands, readers: [String]
        /// Steps from the node in question; 0 for those that were asked for.
        package let distance: Int
    }

    package let lines: [Line]

    /// Nodes whose name fits `pattern`, in which `*` stands for anything, or whose operator is called so (`op:linear`).
    /// - Throws: ``WorkError`` if there are none.
    package init(of module: Module, matching pattern: String) throws {
        let op = pattern.hasPrefix("op:") ? String(pattern.dropFirst(3)) : nil
        let names = NodeView.names(pattern, module)
        lines = module.functions.flatMap { graph in
            NodeView.lines(graph) { node in op.map { $0 == node.opName } ?? names.contains(node.name) ? 0 : nil }
        }
        if lines.isEmpty { throw NodeView.nothing(pattern, module) }
    }

    /// Those that fit `pattern`; where none does, those of the block of that name.
    private static func names(_ pattern: String, _ module: Module) -> Set<String> {
        let all = Set(module.functions.flatMap { $0.nodes.map(\.name) })
        let exact = NamePattern(pattern)
        let found = all.filter { exact.fits($0) }
        return found.isEmpty ? all.filter { $0.hasPrefix(pattern + ".") || $0.hasPrefix(pattern + "/") } : found
    }

    private static func nothing(_ pattern: String, _ module: Module) -> WorkError {
        let all = Set(module.functions.flatMap { $0.nodes.map(\.name) }).sorted()
        let hint = NearNames.hint(pattern, in: all, otherwise: "* stands for anything, and op:linear names an operator")
        return WorkError("no node is called '\(ForeignText.clean(pattern))'; \(hint)", .content)
    }

    /// What lies within `steps` edges of the nodes called `name`, before and behind.
    /// - Throws: ``WorkError`` if there are none.
    package init(of module: Module, around name: String, steps: Int) throws {
        let names = NodeView.names(name, module)
        lines = module.functions.flatMap { graph in
            let distances = NodeView.distances(graph, names, steps)
            return NodeView.lines(graph) { distances[$0.id] }
        }
        if lines.isEmpty { throw NodeView.nothing(name, module) }
    }

    private static func distances(_ graph: Graph, _ names: Set<String>, _ steps: Int) -> [NodeID: Int] {
        var found: [NodeID: Int] = [:]
        var ring = graph.nodes.filter { names.contains($0.name) }.map(\.id)
        for id in ring { found[id] = 0 }
        for distance in stride(from: 1, through: max(steps, 0), by: 1) {
            let near = ring.compactMap { graph.node($0) }.flatMap { node in
                node.inputs.compactMap { $0 }.compactMap { graph.producer(of: $0)?.id } + node.outputs.flatMap { graph.users(of: $0) }
            }
            ring = Set(near).filter { found[$0] == nil }.sorted()
            for id in ring { found[id] = distance }
        }
        return found
    }

    private static func lines(_ graph: Graph, _ distance: (Node) -> Int?) -> [Line] {
        let texts = graph.nodeLines
        return zip(graph.nodes, texts).enumerated().compactMap { index, pair in
            let (node, text) = pair
            guard let distance = distance(node) else { return nil }
            let names = ValueOrigins(graph)
            return Line(
                function: graph.name, index: index, name: node.name, op: node.opName, text: text,
                types: node.outputs.map { graph.valueType(of: $0).description }, operands: node.inputs.compactMap { $0 }.map(names.name),
                readers: names.readers(of: node), distance: distance)
        }
    }

    /// Lines by function, those that were asked for marked with `mark`.
    package func text(_ mark: (String) -> String) -> String {
        var (text, function, last) = ("", "", -1)
        for line in lines {
            if line.function != function { text += (text.isEmpty ? "" : "\n") + "func @\(line.function)\n" }
            // What was left out between two nodes.
            if line.function == function, line.index > last + 1, lines.contains(where: { $0.distance > 0 }) { text += "    …\n" }
            (function, last) = (line.function, line.index)
            text += line.distance == 0 ? mark("  ▸ " + line.text) + "\n" : "    \(line.text)\n"
        }
        return text
    }
}

/// Who gives and who reads the values of a function, by name.
private struct ValueOrigins {
    let graph: Graph

    init(_ graph: Graph) { self.graph = graph }

    func name(_ value: ValueID) -> String {
        if let input = graph.inputName(of: value) { return "%" + input }
        if let key = graph.constantKey(of: value) { return "@" + key }
        return graph.producer(of: value)?.name ?? ""
    }

    func readers(of node: Node) -> [String] {
        let nodes = node.outputs.flatMap { graph.users(of: $0) }.compactMap { graph.node($0)?.name }
        return nodes + graph.outputs.filter { node.outputs.contains($0.value) }.map { "output \($0.name)" }
    }
}
