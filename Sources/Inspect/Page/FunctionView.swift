import IR

/// A function as pictures see it: nodes by their place in the order of execution, with where operands come from and who reads results.
struct FunctionView {
    let name: String
    /// Whether others call it and nobody else does.
    let isPrivate: Bool
    let nodes: [Item]
    let inputs: [Value]
    let outputs: [Output]
    let tree: BlockTree
    /// Of each node, in the order of its operands.
    let operands: [[Source]]
    /// Readers of each result of each node, in order, without repetition.
    let readers: [[[Int]]]

    /// A node.
    struct Item {
        let name, op: String
        let results: [Value]
        let family: OperatorFamily
        /// What the file that the model comes from calls the results.
        var fileNames: [String?] = []
        var bodies: [Body] = []
        /// What is wrong with it, such as that its operator is not supported; nil for nothing.
        var fault: String?
        /// Whether pictures leave it out: packing of weights, which are no boxes either.
        var isHidden = false
    }

    /// A value's name and type.
    struct Value: Equatable {
        let name, type: String
    }

    struct Output {
        let value: Value
        let source: Source
    }

    /// A function that a node calls, and as what: `then`, `body`.
    struct Body: Equatable {
        let role, function: String
    }

    /// Where a value comes from.
    enum Source: Hashable {
        case node(Int, result: Int)
        case input(Int)
        case constant(String)
        case absent
    }

    init(name: String, isPrivate: Bool, nodes: [Item], inputs: [Value], outputs: [Output], operands: [[Source]]) {
        (self.name, self.isPrivate, self.nodes, self.inputs) = (name, isPrivate, nodes, inputs)
        (self.outputs, self.operands) = (outputs, operands)
        tree = BlockTree(nodes.map(\.name))
        var readers = nodes.map { $0.results.map { _ in [Int]() } }
        for (index, sources) in operands.enumerated() {
            for case .node(let producer, let result) in sources where readers[producer][result].last != index {
                readers[producer][result].append(index)
            }
        }
        self.readers = readers
    }

    /// The value's name and type; nil for constants and what is absent.
    func value(_ source: Source) -> Value? {
        switch source {
        case .node(let node, let result): nodes[node].results[result]
        case .input(let index): inputs[index]
        case .constant, .absent: nil
        }
    }
}

extension FunctionView {
    /// - Parameter names: what the file that it comes from calls values; others are called as their nodes.
    init(_ graph: Graph, _ names: ValueNaming? = nil) {
        let nodes = graph.nodes
        var places: [ValueID: Source] = [:]
        for (index, input) in graph.inputs.enumerated() { places[input] = .input(index) }
        for (index, node) in nodes.enumerated() {
            for (result, value) in node.outputs.enumerated() { places[value] = .node(index, result: result) }
        }
        func source(_ value: ValueID) -> Source { places[value] ?? graph.constantKey(of: value).map { .constant($0) } ?? .absent }
        let operands = nodes.map { node in node.inputs.map { $0.map(source) ?? .absent } }
        let items = zip(nodes, operands).map { node, sources in
            let fileNames = node.outputs.indices.map { names?(graph.name, node, $0) }
            let results = node.outputs.enumerated().map { index, value in
                Value(
                    name: fileNames[index] ?? (index == 0 ? node.name : "\(node.name):\(index)"), type: "\(graph.valueType(of: value))")
            }
            let isHidden = node.op is Pack && sources.allSatisfy { if case .constant = $0 { true } else { false } }
            return Item(
                name: node.name, op: node.opName, results: results, family: OperatorFamily(node.op), fileNames: fileNames,
                bodies: FunctionView.bodies(of: node), isHidden: isHidden)
        }
        let inputs = graph.inputs.map { Value(name: graph.inputName(of: $0) ?? "", type: "\(graph.valueType(of: $0))") }
        let outputs = graph.outputs.map {
            Output(value: Value(name: $0.name, type: "\(graph.valueType(of: $0.value))"), source: source($0.value))
        }
        self.init(name: graph.name, isPrivate: graph.isPrivate, nodes: items, inputs: inputs, outputs: outputs, operands: operands)
    }

    /// In the order in which the operator names them.
    private static func bodies(of node: Node) -> [Body] {
        let called = node.op.attributes.compactMap { role, value in
            if case .function(let function) = value { Body(role: role, function: function) } else { nil }
        }
        let order = node.op.calledFunctions
        func place(_ body: Body) -> Int { order.firstIndex(of: body.function) ?? order.count }
        return called.sorted { (place($0), $0.role) < (place($1), $1.role) }
    }
}
