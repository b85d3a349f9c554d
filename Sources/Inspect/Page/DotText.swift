import IR

/// A function, or a block of it, as a graph in Graphviz's language: a cluster for each block, nodes coloured by the family of their operator,
/// weights as part of the nodes that read them.
package struct DotText {
    /// How it is drawn.
    package struct Style: Sendable {
        /// From the left to the right rather than down.
        package var isLeftToRight: Bool
        /// Whether values' names and types stand on the edges; types stand in the nodes otherwise.
        package var labelsEdges: Bool

        package init(isLeftToRight: Bool = false, labelsEdges: Bool = false) {
            (self.isLeftToRight, self.labelsEdges) = (isLeftToRight, labelsEdges)
        }
    }

    private let view: FunctionView
    private let block: Int
    private let style: Style

    /// - Parameters:
    ///   - node: name of a node, or of a block such as `encoder.0`: its block alone is drawn. nil for the whole function.
    ///   - names: what the file that the model comes from calls values.
    /// - Throws: ``WorkError`` for a name that the function does not have.
    package init(_ graph: Graph, node: String? = nil, style: Style = Style(), names: ValueNaming? = nil) throws {
        try self.init(FunctionView(graph, names), node: node, style: style)
    }

    init(_ view: FunctionView, node: String?, style: Style) throws {
        (self.view, self.style) = (view, style)
        guard let node else {
            block = 0
            return
        }
        if let index = view.tree.blocks.firstIndex(where: { $0.path == node || DotText.title($0.path) == node }) {
            block = index
        } else if let index = view.nodes.firstIndex(where: { $0.name == node }) {
            block = view.tree.blockOfNode[index]
        } else {
            throw WorkError("\(node): function '\(view.name)' has no node and no block of that name")
        }
    }

    /// Of the function that is drawn.
    package var functionName: String { view.name }

    /// Of the whole function.
    package var nodeCount: Int { view.nodes.count }

    /// A path without the separator in front.
    private static func title(_ path: String) -> String { String(path.drop { $0 == "." || $0 == "/" }) }

    /// The text, which ends in a newline.
    package var text: String {
        let inside = Set(view.tree.allNodes(of: block))
        var text = """
            digraph \(DotText.quoted(view.name)) {
              graph [rankdir=\(style.isLeftToRight ? "LR" : "TB"), fontname="sans-serif", fontsize=11, style=rounded, color=gray]
              node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=11, margin="0.12,0.06"]
              edge [color=gray40, arrowsize=0.7, fontname="sans-serif", fontsize=9, fontcolor=gray20]

            """
        var ends = Ends(text: "", edges: "", seen: [])
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
        let types = style.labelsEdges ? "" : node.results.map(\.type).filter { !$0.isEmpty }.joined(separator: ", ")
        let bodies = node.bodies.map { "\($0.role): \($0.function)" }
        let lines = [node.op, BoxSize.shortName(node.name), types, node.fault ?? ""] + bodies
        let text = lines.filter { !$0.isEmpty }.joined(separator: "\n")
        let mark = node.fault == nil ? "" : ", color=red, penwidth=2"
        return "n\(index) [label=\(DotText.quoted(text)), tooltip=\(DotText.quoted(node.name)), fillcolor=\(node.family.color)\(mark)]\n"
    }

    private struct Ends {
        var text, edges: String
        var seen: Set<String>
    }

    private func addEdges(to index: Int, _ inside: Set<Int>, _ ends: inout Ends) {
        for source in view.operands[index] {
            switch source {
            case .node(let node, _):
                let isInside = inside.contains(node)
                if !isInside { label("x\(node)", BoxSize.shortName(view.nodes[node].name), &ends) }
                edge(isInside ? "n\(node)" : "x\(node)", "n\(index)", source, &ends)
            case .input(let input):
                label("i\(input)", view.inputs[input].name, &ends)
                edge("i\(input)", "n\(index)", source, &ends)
            case .constant, .absent: break
            }
        }
    }

    private func addReaders(_ inside: Set<Int>, _ ends: inout Ends) {
        for (index, output) in view.outputs.enumerated() {
            guard case .node(let node, _) = output.source, inside.contains(node) else { continue }
            label("o\(index)", output.value.name, &ends)
            edge("n\(node)", "o\(index)", output.source, &ends)
        }
        for node in inside.sorted() {
            for (result, readers) in view.readers[node].enumerated() {
                for reader in readers where !inside.contains(reader) {
                    label("r\(reader)", BoxSize.shortName(view.nodes[reader].name), &ends)
                    edge("n\(node)", "r\(reader)", .node(node, result: result), &ends)
                }
            }
        }
    }

    /// What lies outside: an ellipse, once.
    private func label(_ id: String, _ text: String, _ ends: inout Ends) {
        guard ends.seen.insert(id).inserted else { return }
        ends.text += "  \(id) [label=\(DotText.quoted(text)), shape=ellipse, style=dashed]\n"
    }

    /// One for each value and reader where edges have labels, otherwise one for each pair of boxes.
    private func edge(_ from: String, _ to: String, _ source: FunctionView.Source, _ ends: inout Ends) {
        var label = ""
        if style.labelsEdges, let value = view.value(source) {
            let text = [BoxSize.shortName(value.name), value.type].filter { !$0.isEmpty }.joined(separator: "\n")
            label = " [label=\(DotText.quoted(text)), labeltooltip=\(DotText.quoted(value.name))]"
        }
        let line = "  \(from) -> \(to)\(label)\n"
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
