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
        /// What the ONNX file calls the results, nil for those that it does not have; nil for a model from elsewhere.
        package let valueNames: [String?]?
        /// The ONNX nodes it came from; nil for a model from elsewhere.
        package let onnx: [ONNXNodeView]?
    }

    package let lines: [Line]

    /// Nodes that `pattern` means: by name, in which `*` stands for anything, by operator (`op:linear`), and of a model from an ONNX file by
    /// the names that nodes and results have there.
    /// - Throws: ``WorkError`` if there are none.
    package init(of module: Module, matching pattern: String, onnx: ONNXOrigins? = nil) throws {
        let wanted = NodePattern(pattern, module, onnx)
        if wanted.isEmpty { throw wanted.problem(module) }
        lines = module.functions.flatMap { graph in NodeView.lines(graph, onnx) { wanted.fits($0, in: graph) ? 0 : nil } }
    }

    /// What lies within `steps` edges of the nodes that `name` means, before and behind.
    /// - Throws: ``WorkError`` if there are none.
    package init(of module: Module, around name: String, steps: Int, onnx: ONNXOrigins? = nil) throws {
        let wanted = NodePattern(name, module, onnx)
        if wanted.isEmpty { throw wanted.problem(module) }
        lines = module.functions.flatMap { graph in
            let distances = NodeView.distances(graph, wanted, steps)
            return NodeView.lines(graph, onnx) { distances[$0.id] }
        }
    }

    private static func distances(_ graph: Graph, _ wanted: NodePattern, _ steps: Int) -> [NodeID: Int] {
        var found: [NodeID: Int] = [:]
        var ring = graph.nodes.filter { wanted.fits($0, in: graph) }.map(\.id)
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

    private static func lines(_ graph: Graph, _ onnx: ONNXOrigins?, _ distance: (Node) -> Int?) -> [Line] {
        let texts = graph.nodeLines
        let names = ValueOrigins(graph)
        return zip(graph.nodes, texts).enumerated().compactMap { index, pair in
            let (node, text) = pair
            guard let distance = distance(node) else { return nil }
            return Line(
                function: graph.name, index: index, name: node.name, op: node.opName, text: text,
                types: node.outputs.map { graph.valueType(of: $0).description }, operands: node.inputs.compactMap { $0 }.map(names.name),
                readers: names.readers(of: node), distance: distance,
                valueNames: onnx.map { onnx in node.outputs.map { onnx.valueName($0, in: graph.name) } },
                onnx: onnx.map { $0.nodes(behind: node, in: graph.name).map { ONNXNodeView($0) } })
        }
    }

    /// Nodes with ONNX nodes that are told of in detail unless more is asked for.
    private static let mostInDetail = 8

    /// Lines by function, those that were asked for marked with `mark`, and with the ONNX nodes that they came from.
    /// - Parameter isVerbose: whether each of many such nodes is told of in detail.
    package func text(isVerbose: Bool = false, _ mark: (String) -> String) -> String {
        let isDetailed = isVerbose || lines.count { $0.distance == 0 && $0.onnx?.isEmpty == false } <= NodeView.mostInDetail
        var (text, function, last, told) = ("", "", -1, Set<[String]>())
        for line in lines {
            if line.function != function { text += (text.isEmpty ? "" : "\n") + "func @\(line.function)\n" }
            // What was left out between two nodes.
            if line.function == function, line.index > last + 1, lines.contains(where: { $0.distance > 0 }) { text += "    …\n" }
            (function, last) = (line.function, line.index)
            text += line.distance == 0 ? mark("  ▸ " + line.text) + "\n" : "    \(line.text)\n"
            if line.distance == 0 { text += NodeView.text(line.onnx ?? [], isDetailed, isVerbose, &told) }
        }
        return text
    }

    /// - Parameter told: what stands above already, by names.
    private static func text(_ nodes: [ONNXNodeView], _ isDetailed: Bool, _ isVerbose: Bool, _ told: inout Set<[String]>) -> String {
        if nodes.isEmpty { return "" }
        if !isDetailed { return "        from ONNX \(nodes.map { DocText.line($0.title) }.joined(separator: ", "))\n" }
        var lines: [String] = []
        for node in nodes {
            let isNew = told.insert([node.title] + node.functions + node.outputs.map(\.name)).inserted
            lines += isNew ? node.lines(isWhole: isVerbose) : ["ONNX \(DocText.line(node.title)), as above"]
        }
        return lines.map { "        \($0)\n" }.joined()
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
