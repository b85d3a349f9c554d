/// Identity of a value in one graph; stable under edits, never reused.
package struct ValueID: Hashable, Sendable, Comparable {
    package let index: Int

    package init(index: Int) { self.index = index }

    package static func < (a: ValueID, b: ValueID) -> Bool { a.index < b.index }
}

/// Identity of a node in one graph; stable under edits, never reused.
package struct NodeID: Hashable, Sendable, Comparable {
    package let index: Int

    package init(index: Int) { self.index = index }

    package static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
}

/// What flows through a graph: a tensor, a sequence or an optional.
package struct Value: Sendable {
    package var type: ValueType
    package let definition: Definition

    /// Where a value comes from.
    package enum Definition: Sendable, Hashable {
        case input(name: String)
        case constant(key: String)
        case node(NodeID, output: Int)
    }
}

/// One application of an operator.
package struct Node: Sendable {
    package let id: NodeID
    /// Name from the checkpoint or importer, such as `encoder.3.attn.qkv`; kept by every pass.
    package var name: String
    package var op: any Operator
    /// nil stands for an absent optional operand.
    package internal(set) var inputs: [ValueID?]
    package let outputs: [ValueID]
    /// Names of the sizes that this node's data decide when it runs; types and attributes of later nodes may use them.
    package internal(set) var sizes: [String] = []
    /// What lowering has decided about it.
    package internal(set) var hints: NodeHints = []

    package var opName: String { type(of: op).opName }
}

/// A function body: nodes in topological order over inputs and constants. A value type; copies share storage until edited.
package struct Graph: Sendable {
    package var name: String
    /// A body that other functions call and nobody else: it is not offered to people, and goes when nothing calls it any more.
    package var isPrivate = false
    package internal(set) var inputs: [ValueID] = []
    package internal(set) var outputs: [Output] = []
    var valueTable: [Value] = []
    var nodeTable: [Node?] = []
    /// Live nodes, each after those it depends on.
    package internal(set) var order: [NodeID] = []
    var userTable: [[NodeID]] = []
    var constantValues: [String: ValueID] = [:]

    /// A result of the function.
    package struct Output: Sendable, Hashable {
        package let name: String
        package var value: ValueID
    }

    package init(name: String) { self.name = name }

    package subscript(_ id: ValueID) -> Value { valueTable[id.index] }

    /// The node, or nil if it was removed.
    package func node(_ id: NodeID) -> Node? { nodeTable.indices.contains(id.index) ? nodeTable[id.index] : nil }

    /// Live nodes in execution order.
    package var nodes: [Node] { order.compactMap { nodeTable[$0.index] } }

    package var nodeCount: Int { order.count }

    /// One past the highest value index ever used.
    package var valueCount: Int { valueTable.count }

    package func valueType(of value: ValueID) -> ValueType { valueTable[value.index].type }

    /// The type of a tensor; of a sequence or an optional that of the tensors inside.
    package func type(of value: ValueID) -> TensorType { valueTable[value.index].type.element }

    /// The node that computes `value`, if one does.
    package func producer(of value: ValueID) -> Node? {
        guard case .node(let id, _) = valueTable[value.index].definition else { return nil }
        return nodeTable[id.index]
    }

    /// Key of the constant that `value` is, if it is one.
    package func constantKey(of value: ValueID) -> String? {
        guard case .constant(let key) = valueTable[value.index].definition else { return nil }
        return key
    }

    /// Nodes that read `value`, one entry for each operand position.
    package func users(of value: ValueID) -> [NodeID] { userTable[value.index] }

    package func isOutput(_ value: ValueID) -> Bool { outputs.contains { $0.value == value } }

    /// Whether exactly one operand reads `value` and the function does not return it.
    package func hasSingleUse(_ value: ValueID) -> Bool { userTable[value.index].count == 1 && !isOutput(value) }

    /// Name of input `value`, or nil.
    package func inputName(of value: ValueID) -> String? {
        guard case .input(let name) = valueTable[value.index].definition else { return nil }
        return name
    }

    /// The input of that name, or nil.
    package func input(named name: String) -> ValueID? { inputs.first { inputName(of: $0) == name } }

    /// Keys of the constants that live nodes or outputs read.
    package var usedConstants: Set<String> {
        var keys: Set<String> = []
        for node in nodes { for case let input? in node.inputs { if let key = constantKey(of: input) { keys.insert(key) } } }
        for output in outputs { if let key = constantKey(of: output.value) { keys.insert(key) } }
        return keys
    }

    /// For messages: `%x`, `@weight`, or the name of the node that made the value.
    package func origin(of value: ValueID) -> String {
        switch valueTable[value.index].definition {
        case .input(let name): return "input %\(name)"
        case .constant(let key): return "constant @\(key)"
        case .node(let id, let output):
            guard let node = nodeTable[id.index] else { return "a removed node" }
            return "result \(output) of \(node.opName) '\(node.name)'"
        }
    }

    /// Functions that its nodes call, by name.
    package var calledFunctions: Set<String> { nodes.reduce(into: []) { $0.formUnion($1.op.calledFunctions) } }

    /// Symbols that its nodes give sizes to.
    package var bornSizes: Set<String> { nodes.reduce(into: []) { $0.formUnion($1.sizes) } }

    /// A symbol that stands nowhere in this function yet, nor in `others`, which it joins.
    func freshSize(besides others: inout Set<String>) -> String {
        var taken = bornSizes.union(others)
        for value in valueTable { taken.formUnion(value.type.symbols) }
        for node in nodes { taken.formUnion(node.op.symbols) }
        let number = (0...).first { !taken.contains("n\($0)") } ?? 0
        others.insert("n\(number)")
        return "n\(number)"
    }
}
