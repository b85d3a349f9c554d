import IR

/// A function, or a block of it, as a graph in Graphviz's language: a cluster for each block, nodes coloured by the family of their operator,
/// weights as part of the nodes that read them.
package struct DotText {
    private let view: FunctionView
    private let block: Int

    /// - Parameter node: name of a node, or of a block such as `encoder.0`: its block alone is drawn. nil for the whole function.
    /// - Throws: ``WorkError`` for a name that the function does not have.
    package init(_ graph: Graph, node: String? = nil) throws {
        view = FunctionView(graph)
        guard let node else {
            block = 0
            return
        }
        if let index = view.tree.blocks.firstIndex(where: { $0.path == node || DotText.title($0.path) == node }) {
            block = index
        } else if let index = view.nodes.firstIndex(where: { $0.name == node }) {
            block = view.tree.blockOfNode[index]
        } else {
            throw WorkError("\(node): function '\(graph.name)' has no node and no block of that name")
        }
    }

    /// A path without the separator in front.
    private static func title(_ path: String) -> String { String(path.drop { $0 == "." || $0 == "/" }) }

    /// The text, which ends in a newline.
    package var text: String {
        let inside = Set(view.tree.allNodes(of: block))
        var text = """
            digraph \(DotText.quoted(view.graph.name)) {
              graph [rankdir=TB, fontname="sans-serif", fontsize=11, style=rounded, color=gray]
              node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=11, margin="0.12,0.06"]
              edge [color=gray40, arrowsize=0.7]

            """
        var ends = (text: "", edges: "", seen: Set<String>())
        for index in inside.sorted() { addEdges(to: index, inside, &ends) }
        addReaders(inside, &ends)
        text += ends.text + cluster(block, indent: "  ") + ends.edges
        return text + "}\n"
    }

    private func cluster(_ index: Int, indent: String) -> String {
        let block = view.tree.blocks[index]
        let isBare = index == self.block
        let inner = isBare ? indent : indent + "  "
        var text = isBare ? "" : "\(indent)subgraph cluster_\(index) {\n\(inner)label=\(DotText.quoted(block.title))\n"
        for node in block.nodes { text += inner + box(node) }
        for child in block.children { text += cluster(child, indent: inner) }
        return text + (isBare ? "" : "\(indent)}\n")
    }

    private func box(_ index: Int) -> String {
        let node = view.nodes[index]
        let types = node.outputs.indices.map { view.type(ofResult: $0, of: index) }
        let lines = [node.opName, BoxSize.shortName(node.name), types.joined(separator: ", ")].filter { !$0.isEmpty }
        return "n\(index) [label=\(DotText.quoted(lines.joined(separator: "\n"))), tooltip=\(DotText.quoted(node.name)), "
            + "fillcolor=\(OperatorFamily(node.op).color)]\n"
    }

    private typealias Ends = (text: String, edges: String, seen: Set<String>)

    private func addEdges(to index: Int, _ inside: Set<Int>, _ ends: inout Ends) {
        for source in view.operands[index] {
            switch source {
            case .node(let node, _) where inside.contains(node): edge("n\(node)", "n\(index)", &ends)
            case .node(let node, _):
                label("x\(node)", BoxSize.shortName(view.nodes[node].name), &ends)
                edge("x\(node)", "n\(index)", &ends)
            case .input(let input):
                label("i\(input)", view.graph.inputName(of: view.graph.inputs[input]) ?? "", &ends)
                edge("i\(input)", "n\(index)", &ends)
            case .constant, .absent: break
            }
        }
    }

    private func addReaders(_ inside: Set<Int>, _ ends: inout Ends) {
        for (index, source) in view.outputs.enumerated() {
            guard case .node(let node, _) = source, inside.contains(node) else { continue }
            label("o\(index)", view.graph.outputs[index].name, &ends)
            edge("n\(node)", "o\(index)", &ends)
        }
        for node in inside.sorted() {
            for reader in view.readers[node].joined() where !inside.contains(reader) {
                label("r\(reader)", BoxSize.shortName(view.nodes[reader].name), &ends)
                edge("n\(node)", "r\(reader)", &ends)
            }
        }
    }

    /// What lies outside: an ellipse, once.
    private func label(_ id: String, _ text: String, _ ends: inout Ends) {
        guard ends.seen.insert(id).inserted else { return }
        ends.text += "  \(id) [label=\(DotText.quoted(text)), shape=ellipse, style=dashed]\n"
    }

    private func edge(_ from: String, _ to: String, _ ends: inout Ends) {
        let line = "  \(from) -> \(to)\n"
        if ends.seen.insert(line).inserted { ends.edges += line }
    }

    /// As a string of Graphviz in which nothing of `text` has a meaning: no escapes such as `\N`, and control characters are gone.
    static func quoted(_ text: String) -> String {
        let inner = text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar.properties.generalCategory == .control ? "\u{fffd}" : scalar)
            }
        }
        return "\"\(inner)\""
    }
}
