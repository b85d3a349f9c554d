/// An edit that would make a graph wrong; names the node and each operand with its origin.
package struct GraphError: Error, Sendable, CustomStringConvertible, Equatable {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// What accepts new nodes: a graph, or a patch for one.
package protocol NodeSink {
    func valueType(of value: ValueID) -> ValueType

    /// Appends a node and gives its results.
    /// - Parameters:
    ///   - sizes: Names of sizes that the node's data decide; those beyond are invented.
    ///   - callees: Functions that the operator may call.
    /// - Throws: ``GraphError`` if the operands do not fit.
    mutating func add(
        _ op: any Operator, _ inputs: [ValueID?], name: String, sizes: [String], callees: Callees
    ) throws -> [ValueID]

    /// The value of constant `key` of the module.
    mutating func constant(_ key: String, _ type: TensorType) throws -> ValueID
}

extension NodeSink {
    package func type(of value: ValueID) -> TensorType { valueType(of: value).element }

    /// Appends a node that calls nothing.
    package mutating func add(_ op: any Operator, _ inputs: [ValueID?], name: String) throws -> [ValueID] {
        try add(op, inputs, name: name, sizes: [], callees: .none)
    }

    /// Appends a node with a single result.
    package mutating func apply(
        _ op: any Operator, _ inputs: [ValueID?], name: String, callees: Callees = .none
    ) throws -> ValueID {
        let results = try add(op, inputs, name: name, sizes: [], callees: callees)
        guard let first = results.first, results.count == 1 else {
            throw GraphError("\(Swift.type(of: op).opName) '\(name)' has \(results.count) results where one is expected")
        }
        return first
    }
}

extension Graph: NodeSink {
    /// - Throws: ``GraphError`` for a name that is taken.
    package mutating func addInput(_ name: String, _ type: TensorType) throws -> ValueID { try addInput(name, .tensor(type)) }

    /// - Throws: ``GraphError`` for a name that is taken.
    package mutating func addInput(_ name: String, _ type: ValueType) throws -> ValueID {
        guard !inputs.contains(where: { inputName(of: $0) == name }) else {
            throw GraphError("function '\(self.name)' has two inputs named '\(name)'")
        }
        let id = newValue(type, .input(name: name))
        inputs.append(id)
        return id
    }

    /// Puts the inputs into another order: `order[i]` is the number that the new input i has now.
    package mutating func reorderInputs(_ order: [Int]) {
        guard order.sorted() == Array(inputs.indices) else { return }
        inputs = order.map { inputs[$0] }
    }

    package mutating func constant(_ key: String, _ type: TensorType) throws -> ValueID {
        if let existing = constantValues[key] {
            guard self.type(of: existing) == type else {
                throw GraphError("constant @\(key) is used as \(type) and as \(self.type(of: existing))")
            }
            return existing
        }
        let id = newValue(.tensor(type), .constant(key: key))
        constantValues[key] = id
        return id
    }

    package mutating func add(
        _ op: any Operator, _ inputs: [ValueID?], name: String, sizes: [String], callees: Callees
    ) throws -> [ValueID] {
        let inferred = try inferred(op, inputs, name: name, sizes: sizes, callees: callees, mayInvent: true)
        return insert(op, inputs, inferred, name: name, at: order.count)
    }

    /// Inserts a node with a single result right behind what computes its only operand, so that the operand need not be kept.
    package mutating func apply(_ op: any Operator, behind value: ValueID, name: String) throws -> ValueID {
        let inferred = try inferred(op, [value], name: name)
        guard inferred.types.count == 1 else {
            throw GraphError("\(Swift.type(of: op).opName) '\(name)' has \(inferred.types.count) results, not one")
        }
        let position = producer(of: value).flatMap { order.firstIndex(of: $0.id) }.map { $0 + 1 } ?? 0
        return insert(op, [value], inferred, name: name, at: position)[0]
    }

    /// - Throws: ``GraphError`` for a name that is taken.
    package mutating func addOutput(_ name: String, _ value: ValueID) throws {
        guard !outputs.contains(where: { $0.name == name }) else {
            throw GraphError("function '\(self.name)' has two outputs named '\(name)'")
        }
        outputs.append(Output(name: name, value: value))
    }

    /// Makes output `name` return `value`.
    /// - Throws: ``GraphError`` if there is no such output.
    package mutating func setOutput(_ name: String, _ value: ValueID) throws {
        guard let index = outputs.firstIndex(where: { $0.name == name }) else {
            throw GraphError("function '\(self.name)' has no output named '\(name)'")
        }
        outputs[index].value = value
    }

    /// Gives input `value` another element type, and everything behind it the types that follow.
    /// - Throws: ``GraphError`` if `value` is no input, or does not fit a reader any more; the graph is then as it was.
    package mutating func retype(_ value: ValueID, as dtype: DType, callees: Callees = .none) throws {
        guard let name = inputName(of: value) else { throw GraphError("\(origin(of: value)) is not an input") }
        let before = self
        valueTable[value.index].type = valueType(of: value).mapElement { $0.with(dtype: dtype) }
        do {
            for node in nodes {
                for (output, type) in zip(node.outputs, try inferred(of: node, callees: callees).types) {
                    valueTable[output.index].type = type
                }
            }
        } catch {
            self = before
            throw GraphError("input '\(name)' cannot be \(dtype.rawValue): \(error)")
        }
    }

    /// Types of a node's results, and names of the sizes that it decides.
    typealias Inferred = (types: [ValueType], sizes: [String])

    /// What inference says of a node that is there.
    func inferred(of node: Node, callees: Callees) throws -> Inferred {
        try inferred(node.op, node.inputs, name: node.name, sizes: node.sizes, callees: callees)
    }

    func inferred(
        _ op: any Operator, _ inputs: [ValueID?], name: String, sizes: [String] = [], callees: Callees = .none, mayInvent: Bool = false
    ) throws -> Inferred {
        var invented: Set<String> = []
        let invent: (() -> String)? = mayInvent ? { freshSize(besides: &invented) } : nil
        let context = InferenceContext(callees, sizes: sizes, inventing: invent)
        return try Graph.infer(op, inputs.map { $0.map { valueType(of: $0) } }, name: name, context) { index in
            inputs[index].map { origin(of: $0) } ?? "absent"
        }
    }

    /// Runs inference and words its failure with the node's name and each operand's type and origin.
    static func infer(
        _ op: any Operator, _ types: [ValueType?], name: String, _ context: InferenceContext, mayNeedFewer: Bool = false,
        origin: (Int) -> String
    ) throws -> Inferred {
        var context = context
        do {
            let results = try op.infer(types, &context)
            if !mayNeedFewer { try context.finish() }
            return (results, context.sizes)
        } catch {
            let operands = types.indices.map { index in
                "\n  operand \(index): \(types[index].map(\.description) ?? "absent"), from \(origin(index))"
            }
            throw GraphError("\(Swift.type(of: op).opName) '\(name)': \(error)\(operands.joined())")
        }
    }

    mutating func insert(_ op: any Operator, _ inputs: [ValueID?], _ inferred: Inferred, name: String, at position: Int) -> [ValueID] {
        let id = NodeID(index: nodeTable.count)
        let types = inferred.types
        let results = types.indices.map { newValue(types[$0], .node(id, output: $0)) }
        nodeTable.append(Node(id: id, name: name, op: op, inputs: inputs, outputs: results, sizes: inferred.sizes))
        order.insert(id, at: position)
        for case let input? in inputs { userTable[input.index].append(id) }
        return results
    }

    private mutating func newValue(_ type: ValueType, _ definition: Value.Definition) -> ValueID {
        valueTable.append(Value(type: type, definition: definition))
        userTable.append([])
        return ValueID(index: valueTable.count - 1)
    }

    /// Makes every reader of `old`, and every output that is `old`, read `new`.
    package mutating func replaceUses(of old: ValueID, with new: ValueID) {
        guard old != new else { return }
        for user in Set(userTable[old.index]) {
            guard var node = nodeTable[user.index] else { continue }
            node.inputs = node.inputs.map { $0 == old ? new : $0 }
            nodeTable[user.index] = node
        }
        userTable[new.index].append(contentsOf: userTable[old.index])
        userTable[old.index] = []
        for index in outputs.indices where outputs[index].value == old { outputs[index].value = new }
    }

    /// Removes nodes whose results and sizes nobody reads, from the end backwards; gives how many.
    @discardableResult
    package mutating func removeDeadNodes() -> Int {
        let returned = Set(outputs.map(\.value))
        var readSizes = outputs.reduce(into: Set<String>()) { $0.formUnion(valueType(of: $1.value).symbols) }
        let decidesSizes = nodes.contains { !$0.sizes.isEmpty }
        var kept: [NodeID] = []
        for id in order.reversed() {
            guard let node = nodeTable[id.index] else { continue }
            let needed =
                !node.op.isPure || node.outputs.contains { !userTable[$0.index].isEmpty || returned.contains($0) }
                || !readSizes.isDisjoint(with: node.sizes)
            guard needed else { detach(node); continue }
            kept.append(id)
            if decidesSizes { readSizes.formUnion(symbolsRead(by: node)) }
        }
        defer { order = kept.reversed() }
        return order.count - kept.count
    }

    /// Symbols in the attributes and types of a node.
    package func symbolsRead(by node: Node) -> Set<String> {
        var symbols = node.op.symbols
        for value in node.outputs { symbols.formUnion(valueType(of: value).symbols) }
        return symbols.subtracting(node.sizes)
    }

    /// Makes every reader of sizes `replacements` read what stands for them: in types, and in attributes.
    /// - Throws: ``GraphError`` if an operator does not take its new attributes.
    package mutating func replaceSizes(_ replacements: [String: Dim]) throws { try replaceSizes(replacements, besides: nil) }

    /// The same, but that the results of one node have their new types already.
    mutating func replaceSizes(_ replacements: [String: Dim], besides node: Node?) throws {
        let done = Set(node?.outputs.map(\.index) ?? [])
        for index in valueTable.indices where !done.contains(index) {
            valueTable[index].type = valueTable[index].type.substituting(replacements)
        }
        for id in order {
            guard let node = nodeTable[id.index] else { continue }
            nodeTable[id.index]?.op = try node.op.substituting(replacements)
        }
    }

    mutating func detach(_ node: Node) {
        for case let input? in node.inputs {
            if let index = userTable[input.index].firstIndex(of: node.id) { userTable[input.index].remove(at: index) }
        }
        nodeTable[node.id.index] = nil
    }

    package mutating func rename(_ id: NodeID, to name: String) { nodeTable[id.index]?.name = name }
}
