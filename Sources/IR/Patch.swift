/// What a rewrite rule returns: nodes to add before an anchor and values to replace.
///
/// Only ``Graph/apply(_:)-(Patch)`` carries it out.
package struct Patch: NodeSink, Sendable {
    let base: Graph
    /// The recorded changes, which do not keep `base` alive.
    package private(set) var edits: Edits
    private var constantIDs: [String: ValueID] = [:]
    private var inventedSizes: Set<String> = []

    /// The changes of a patch without the graph they were made for, so that applying them copies no storage.
    package struct Edits: Sendable {
        let anchor: NodeID
        let baseValueCount: Int
        var additions: [Addition] = []
        /// Values whose readers read another one.
        package internal(set) var replacements: [(old: ValueID, new: ValueID)] = []
        var types: [ValueType] = []
        /// Constants that the patch brings along.
        package internal(set) var constants: [Constant] = []
    }

    enum Addition: Sendable {
        case node(any Operator, [ValueID?], Graph.Inferred, name: String)
        case constant(String, TensorType)
    }

    /// A patch whose nodes will stand where `anchor` stands: every operand must be computed before it.
    package init(for graph: Graph, at anchor: NodeID) {
        base = graph
        edits = Edits(anchor: anchor, baseValueCount: graph.valueCount)
    }

    /// Constants that the patch brings along.
    package var constants: [Constant] { edits.constants }

    package func valueType(of value: ValueID) -> ValueType {
        value.index < base.valueCount ? base.valueType(of: value) : edits.types[value.index - base.valueCount]
    }

    package mutating func add(
        _ op: any Operator, _ inputs: [ValueID?], name: String, sizes: [String], callees: Callees
    ) throws -> [ValueID] {
        var taken = inventedSizes
        let context = InferenceContext(callees, sizes: sizes, inventing: { [base] in base.freshSize(besides: &taken) })
        let inferred = try Graph.infer(op, inputs.map { $0.map { valueType(of: $0) } }, name: name, context) { index in
            guard let value = inputs[index] else { return "absent" }
            return value.index < base.valueCount ? base.origin(of: value) : "this rewrite"
        }
        inventedSizes.formUnion(inferred.sizes)
        edits.additions.append(.node(op, inputs, inferred, name: name))
        return inferred.types.map { newValue($0) }
    }

    /// A symbol that stands nowhere in the graph or this patch yet.
    package mutating func newSize() -> String {
        let base = base
        return base.freshSize(besides: &inventedSizes)
    }

    package mutating func constant(_ key: String, _ type: TensorType) throws -> ValueID {
        if let existing = base.constantValues[key] ?? constantIDs[key] {
            guard self.type(of: existing) == type else {
                throw GraphError("constant @\(key) is used as \(self.type(of: existing)) and as \(type)")
            }
            return existing
        }
        edits.additions.append(.constant(key, type))
        let id = newValue(.tensor(type))
        constantIDs[key] = id
        return id
    }

    /// Adds a constant to the module and gives its value.
    package mutating func constant(_ constant: Constant) throws -> ValueID {
        edits.constants.append(constant)
        return try self.constant(constant.key, constant.type)
    }

    /// Every reader of `old` will read `new`.
    package mutating func replace(_ old: ValueID, with new: ValueID) { edits.replacements.append((old, new)) }

    private mutating func newValue(_ type: ValueType) -> ValueID {
        edits.types.append(type)
        return ValueID(index: base.valueCount + edits.types.count - 1)
    }
}

extension Graph {
    /// Applies a patch made for this graph: adds, replaces, removes what became dead. Gives the added nodes.
    /// - Throws: ``GraphError`` if the patch was made for another state of the graph, or would change a type.
    @discardableResult
    package mutating func apply(_ patch: Patch) throws -> [NodeID] { try apply(patch.edits) }

    /// As ``apply(_:)-(Patch)``; copies no storage when nothing else holds this graph.
    @discardableResult
    package mutating func apply(_ edits: Patch.Edits) throws -> [NodeID] {
        var gone: [NodeID] = []
        return try apply(edits, removed: &gone)
    }

    /// As ``apply(_:)-(Patch.Edits)``.
    /// - Parameter gone: is given the nodes that became dead.
    package mutating func apply(_ edits: Patch.Edits, removed gone: inout [NodeID]) throws -> [NodeID] {
        guard edits.baseValueCount == valueCount, let anchor = order.firstIndex(of: edits.anchor) else {
            throw GraphError("a patch for '\(name)' does not belong to the graph's present state")
        }
        try checkReplacements(of: edits)
        let firstNode = nodeTable.count
        var position = anchor
        for addition in edits.additions {
            switch addition {
            case .constant(let key, let type): _ = try constant(key, type)
            case .node(let op, let inputs, let inferred, let name):
                _ = insert(op, inputs, inferred, name: name, at: position)
                position += 1
            }
        }
        for (old, new) in edits.replacements { replaceUses(of: old, with: new) }
        let added = (firstNode..<nodeTable.count).map { NodeID(index: $0) }
        let results = added.flatMap { nodeTable[$0.index]?.outputs ?? [] }
        removeDead(from: edits.replacements.map(\.old) + results, &gone)
        return added.filter { nodeTable[$0.index] != nil }
    }

    private func checkReplacements(of edits: Patch.Edits) throws {
        func type(_ value: ValueID) -> ValueType {
            value.index < valueCount ? valueType(of: value) : edits.types[value.index - valueCount]
        }
        for (old, new) in edits.replacements where type(old) != type(new) {
            throw GraphError("a patch would replace \(type(old)) (\(origin(of: old))) by \(type(new))")
        }
    }

    /// Removes the nodes behind `values` that nobody needs any more, and those that only they needed.
    private mutating func removeDead(from values: [ValueID], _ gone: inout [NodeID]) {
        var pending = values
        while let value = pending.popLast() {
            // What decides sizes may be needed for these: the pass dead-code looks.
            guard let node = producer(of: value), node.op.isPure, node.sizes.isEmpty,
                node.outputs.allSatisfy({ userTable[$0.index].isEmpty && !isOutput($0) })
            else { continue }
            detach(node)
            gone.append(node.id)
            if let position = order.firstIndex(of: node.id) { order.remove(at: position) }
            pending += node.inputs.compactMap { $0 }
        }
    }
}
