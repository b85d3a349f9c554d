extension Graph {
    /// Puts the nodes of `callee` in place of node `id`, whose results are the function's outputs for `operands`.
    ///
    /// Symbols of the callee become the caller's; sizes that its data decide get new names, and those that the node named become what
    /// they are.
    /// - Throws: ``GraphError`` or ``InferenceError`` if the operands do not fit, or only possibly do; the graph is then of no use.
    package mutating func inline(_ id: NodeID, _ callee: Graph, operands: [ValueID], callees: Callees) throws {
        guard let node = node(id), let anchor = order.firstIndex(of: id) else { throw GraphError("'\(name)' has no node \(id.index)") }
        var types = try CalleeTypes(callee.name, inputs: operands.count, InferenceContext(callees))
        for (index, operand) in operands.enumerated() { try types.give(valueType(of: operand), to: index) }
        guard types.isExact else { throw GraphError("whether the operands of '\(node.name)' fit is decided when it runs") }
        var sizes = types.sizes
        var invented: Set<String> = []
        for size in callee.nodes.flatMap(\.sizes) { sizes[size] = .symbol(freshSize(besides: &invented)) }
        guard callee.symbols.subtracting([Dim.anyName]).isSubset(of: sizes.keys) else {
            throw GraphError("'\(callee.name)' has sizes that nothing decides")
        }
        var match = Dictionary(zip(callee.inputs, operands), uniquingKeysWith: { first, _ in first })
        var position = anchor
        for inner in callee.nodes {
            let inputs = try inner.inputs.map { try $0.map { try own($0, callee, &match) } }
            let named = inner.sizes.map { sizes[$0]?.symbolName ?? $0 }
            let name = [node.name, inner.name].filter { !$0.isEmpty }.joined(separator: "/")
            let op = try inner.op.substituting(sizes)
            let made = insert(op, inputs, try inferred(op, inputs, name: name, sizes: named, callees: callees), name: name, at: position)
            for (old, new) in zip(inner.outputs, made) { match[old] = new }
            position += 1
        }
        let results = try callee.outputs.map { try own($0.value, callee, &match) }
        try replaceNode(node, by: results)
    }

    /// What `value` of `callee` is here.
    private mutating func own(_ value: ValueID, _ callee: Graph, _ match: inout [ValueID: ValueID]) throws -> ValueID {
        if let known = match[value] { return known }
        guard let key = callee.constantKey(of: value) else { throw GraphError("\(callee.origin(of: value)) is not computed") }
        let made = try constant(key, callee.type(of: value))
        match[value] = made
        return made
    }

    /// Removes `node`; its readers read `results`, and the sizes that it named become what the results have there.
    private mutating func replaceNode(_ node: Node, by results: [ValueID]) throws {
        var replacements: [String: Dim] = [:]
        for (old, new) in zip(node.outputs, results) {
            for (was, now) in zip(type(of: old).shape, type(of: new).shape) {
                if let name = was.symbolName, node.sizes.contains(name) { replacements[name] = now }
            }
        }
        for (old, new) in zip(node.outputs, results) { replaceUses(of: old, with: new) }
        detach(node)
        order.removeAll { $0 == node.id }
        if !replacements.isEmpty { try replaceSizes(replacements) }
    }

    /// Adds a node in front of node `anchor`.
    /// - Throws: ``GraphError`` if the operands do not fit.
    package mutating func add(
        _ op: any Operator, _ inputs: [ValueID?], name: String, before anchor: NodeID, callees: Callees = .none
    ) throws -> [ValueID] {
        guard let position = order.firstIndex(of: anchor) else { throw GraphError("'\(self.name)' has no node \(anchor.index)") }
        let inferred = try inferred(op, inputs, name: name, callees: callees, mayInvent: true)
        return insert(op, inputs, inferred, name: name, at: position)
    }

    /// A name that no input has: `wanted`, or that with a number.
    package func freshInput(_ wanted: String) -> String {
        guard input(named: wanted) != nil else { return wanted }
        let number = (1...).first { input(named: "\(wanted).\($0)") == nil } ?? 0
        return "\(wanted).\(number)"
    }

    /// Gives a node one more operand, at the end.
    package mutating func appendOperand(_ value: ValueID, to id: NodeID) {
        nodeTable[id.index]?.inputs.append(value)
        userTable[value.index].append(id)
    }

    /// Takes operand `position` from a node; those behind it move up.
    package mutating func removeOperand(_ position: Int, of id: NodeID) {
        guard let node = node(id), node.inputs.indices.contains(position) else { return }
        nodeTable[id.index]?.inputs.remove(at: position)
        guard let value = node.inputs[position], let use = userTable[value.index].firstIndex(of: id) else { return }
        userTable[value.index].remove(at: use)
    }

    /// Whether the function is the same without an input: nothing reads it, nor a size that only its type names.
    package func isUnread(input value: ValueID) -> Bool {
        guard userTable[value.index].isEmpty, !isOutput(value) else { return false }
        let others = inputs.filter { $0 != value }
        let named = others.flatMap { type(of: $0).shape.compactMap(\.symbolName) }
        let own = valueType(of: value).symbols.subtracting(named)
        let read = (others + outputs.map(\.value)).map { valueType(of: $0).symbols } + nodes.map(symbolsRead(by:))
        return own.isEmpty || read.allSatisfy(own.isDisjoint)
    }

    /// Removes an input that is unread.
    package mutating func removeInput(_ value: ValueID) {
        guard isUnread(input: value) else { return }
        inputs.removeAll { $0 == value }
    }

    /// Removes a node without results that nobody needs.
    package mutating func remove(_ id: NodeID) {
        guard let node = node(id), node.outputs.allSatisfy({ userTable[$0.index].isEmpty && !isOutput($0) }) else { return }
        detach(node)
        order.removeAll { $0 == id }
    }
}
