import IR
import Importers
import Names
import Passes

/// Which nodes of a module a pattern means, in which `*` stands for anything.
struct NodePattern {
    /// By function.
    private var found: [String: Set<NodeID>] = [:]
    private let text: String
    private let onnx: ONNXOrigins?

    /// Nodes whose operator is called so (`op:linear`, `op:Conv`), or of whose names one fits: their own, those of the ONNX nodes behind them,
    /// those of results in the ONNX file. Where none does, those of the block of that name; then those that read a value of that name.
    init(_ pattern: String, _ module: Module, _ onnx: ONNXOrigins?) {
        (text, self.onnx) = (pattern, onnx)
        if pattern.hasPrefix("op:") {
            let op = String(pattern.dropFirst(3))
            find(module, operators, fits: { $0 == op })
            return
        }
        let exact = NamePattern(pattern)
        find(module, names, fits: exact.fits)
        if found.isEmpty { find(module, { [$1.name] }, fits: { $0.hasPrefix(pattern + ".") || $0.hasPrefix(pattern + "/") }) }
        if found.isEmpty { find(module, operands, fits: exact.fits) }
    }

    private mutating func find(_ module: Module, _ names: (Graph, Node) -> [String], fits: (String) -> Bool) {
        for graph in module.functions {
            let ids = graph.nodes.filter { names(graph, $0).contains(where: fits) }.map(\.id)
            if !ids.isEmpty { found[graph.name] = Set(ids) }
        }
    }

    private func sources(_ node: Node, _ graph: Graph) -> [ONNXSourceNode] { onnx?.nodes(behind: node, in: graph.name) ?? [] }

    private func operators(_ graph: Graph, _ node: Node) -> [String] {
        [node.opName] + sources(node, graph).flatMap { [$0.node.opType, $0.opTitle] }
    }

    private func names(_ graph: Graph, _ node: Node) -> [String] {
        guard let onnx else { return [node.name] }
        return [node.name] + sources(node, graph).flatMap { [$0.node.name] + $0.node.outputs }
            + node.outputs.flatMap { onnx.valueNames($0, in: graph.name) }
    }

    private func operands(_ graph: Graph, _ node: Node) -> [String] {
        let own = node.inputs.compactMap { $0 }.compactMap { graph.inputName(of: $0) ?? graph.constantKey(of: $0) }
        return own + sources(node, graph).flatMap(\.node.inputs)
    }

    func fits(_ node: Node, in graph: Graph) -> Bool { found[graph.name]?.contains(node.id) ?? false }

    var isEmpty: Bool { found.isEmpty }

    /// That nothing is called so, and what nearly is.
    func problem(_ module: Module) -> WorkError {
        let all = Set(module.functions.flatMap { graph in graph.nodes.flatMap { names(graph, $0) } }).filter { !$0.isEmpty }.sorted()
        let hint = NearNames.hint(text, in: all, otherwise: "* stands for anything, and op:linear names an operator")
        return WorkError("no node is called '\(ForeignText.clean(text))'; \(hint)", .content)
    }
}
