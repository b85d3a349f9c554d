import IR

/// A function as pictures see it: nodes by their place in the order of execution, with where operands come from and who reads results.
struct FunctionView {
    let graph: Graph
    let nodes: [Node]
    let tree: BlockTree
    /// Of each node, in the order of its operands.
    let operands: [[Source]]
    /// Readers of each result of each node, in order, without repetition.
    let readers: [[[Int]]]
    /// Where the outputs of the function come from.
    let outputs: [Source]
    /// Nodes that pictures leave out: packing of weights, which are no boxes either.
    let isHidden: [Bool]

    /// Where a value comes from.
    enum Source: Hashable {
        case node(Int, result: Int)
        case input(Int)
        case constant(String)
        case absent
    }

    init(_ graph: Graph) {
        self.graph = graph
        let nodes = graph.nodes
        self.nodes = nodes
        tree = BlockTree(nodes.map(\.name))
        var places: [ValueID: Source] = [:]
        for (index, input) in graph.inputs.enumerated() { places[input] = .input(index) }
        for (index, node) in nodes.enumerated() {
            for (result, value) in node.outputs.enumerated() { places[value] = .node(index, result: result) }
        }
        operands = nodes.map { node in
            node.inputs.map { value in value.map { FunctionView.source($0, graph, places) } ?? .absent }
        }
        outputs = graph.outputs.map { FunctionView.source($0.value, graph, places) }
        var readers = nodes.map { $0.outputs.map { _ in [Int]() } }
        for (index, sources) in operands.enumerated() {
            for case .node(let producer, let result) in sources where readers[producer][result].last != index {
                readers[producer][result].append(index)
            }
        }
        self.readers = readers
        isHidden = zip(nodes, operands).map { node, sources in
            node.op is Pack && sources.allSatisfy { if case .constant = $0 { true } else { false } }
        }
    }

    private static func source(_ value: ValueID, _ graph: Graph, _ places: [ValueID: Source]) -> Source {
        places[value] ?? graph.constantKey(of: value).map { .constant($0) } ?? .absent
    }

    func type(ofResult result: Int, of node: Int) -> String { graph.valueType(of: nodes[node].outputs[result]).description }
}
