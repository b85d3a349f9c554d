/// Identity of a value in one graph; stable under edits, never reused.
public struct ValueID: Hashable, Sendable, Comparable {
    public let index: Int

    public init(index: Int) { self.index = index }

    public static func < (a: ValueID, b: ValueID) -> Bool { a.index < b.index }
}

/// Identity of a node in one graph; stable under edits, never reused.
public struct NodeID: Hashable, Sendable, Comparable {
    public let index: Int

    public init(index: Int) { self.index = index }

    public static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
}

/// A tensor that flows through a graph.
public struct Value: Sendable {
    public var type: TensorType
    public let definition: Definition

    /// Where a value comes from.
    public enum Definition: Sendable, Hashable {
        case input(name: String)
        case constant(key: String)
        case node(NodeID, output: Int)
    }
}

/// One application of an operator.
public struct Node: Sendable {
    public let id: NodeID
    /// Name from the checkpoint or importer, such as `encoder.3.attn.qkv`; kept by every pass.
    public var name: String
    public var op: any Operator
    /// nil stands for an absent optional operand.
    public internal(set) var inputs: [ValueID?]
    public let outputs: [ValueID]

    public var opName: String { type(of: op).opName }
}

/// A function body: nodes in topological order over inputs and constants. A value type; copies share storage until edited.
public struct Graph: Sendable {
    public var name: String
    public internal(set) var inputs: [ValueID] = []
    public internal(set) var outputs: [Output] = []
    var valueTable: [Value] = []
    var nodeTable: [Node?] = []
    /// Live nodes, each after those it depends on.
    public internal(set) var order: [NodeID] = []
    var userTable: [[NodeID]] = []
    var constantValues: [String: ValueID] = [:]

    /// A result of the function.
    public struct Output: Sendable, Hashable {
        public let name: String
        public var value: ValueID
    }

    public init(name: String) { self.name = name }

    public subscript(_ id: ValueID) -> Value { valueTable[id.index] }

    /// The node, or nil if it was removed.
    public func node(_ id: NodeID) -> Node? { nodeTable.indices.contains(id.index) ? nodeTable[id.index] : nil }

    /// Live nodes in execution order.
    public var nodes: [Node] { order.compactMap { nodeTable[$0.index] } }

    public var nodeCount: Int { order.count }

    /// One past the highest value index ever used.
    public var valueCount: Int { valueTable.count }

    public func type(of value: ValueID) -> TensorType { valueTable[value.index].type }

    /// The node that computes `value`, if one does.
    public func producer(of value: ValueID) -> Node? {
        guard case .node(let id, _) = valueTable[value.index].definition else { return nil }
        return nodeTable[id.index]
    }

    /// Key of the constant that `value` is, if it is one.
    public func constantKey(of value: ValueID) -> String? {
        guard case .constant(let key) = valueTable[value.index].definition else { return nil }
        return key
    }

    /// Nodes that read `value`, one entry for each operand position.
    public func users(of value: ValueID) -> [NodeID] { userTable[value.index] }

    public func isOutput(_ value: ValueID) -> Bool { outputs.contains { $0.value == value } }

    /// Whether exactly one operand reads `value` and the function does not return it.
    public func hasSingleUse(_ value: ValueID) -> Bool { userTable[value.index].count == 1 && !isOutput(value) }

    /// Name of input `value`, or nil.
    public func inputName(of value: ValueID) -> String? {
        guard case .input(let name) = valueTable[value.index].definition else { return nil }
        return name
    }

    /// The input of that name, or nil.
    public func input(named name: String) -> ValueID? { inputs.first { inputName(of: $0) == name } }

    /// Keys of the constants that live nodes or outputs read.
    public var usedConstants: Set<String> {
        var keys: Set<String> = []
        for node in nodes { for case let input? in node.inputs { if let key = constantKey(of: input) { keys.insert(key) } } }
        for output in outputs { if let key = constantKey(of: output.value) { keys.insert(key) } }
        return keys
    }

    /// For messages: `%x`, `@weight`, or the name of the node that made the value.
    public func origin(of value: ValueID) -> String {
        switch valueTable[value.index].definition {
        case .input(let name): return "input %\(name)"
        case .constant(let key): return "constant @\(key)"
        case .node(let id, let output):
            guard let node = nodeTable[id.index] else { return "a removed node" }
            return "result \(output) of \(node.opName) '\(node.name)'"
        }
    }
}
