extension Graph {
    /// A function of some of this one's nodes, in their order, with their names and types.
    ///
    /// - Parameters:
    ///   - inputs: Values from outside that become inputs, by name. Constants stay constants.
    ///   - outputs: Values that become outputs, by name.
    package func part(named name: String, _ nodes: [Node], inputs: [(String, ValueID)], outputs: [(String, ValueID)]) throws -> Graph {
        var part = Graph(name: name)
        var match: [ValueID: ValueID] = [:]
        for (name, value) in inputs { match[value] = try part.addInput(name, valueType(of: value)) }
        func own(_ value: ValueID) throws -> ValueID {
            if let known = match[value] { return known }
            guard let key = constantKey(of: value) else { throw GraphError("\(origin(of: value)) is no input of the part '\(name)'") }
            let made = try part.constant(key, type(of: value))
            match[value] = made
            return made
        }
        for node in nodes {
            let operands = try node.inputs.map { try $0.map(own) }
            let types = node.outputs.map { valueType(of: $0) }
            let results = part.insert(node.op, operands, (types, node.sizes), name: node.name, at: part.order.count)
            part.nodeTable[part.nodeTable.count - 1]?.hints = node.hints
            for (old, new) in zip(node.outputs, results) { match[old] = new }
        }
        for (name, value) in outputs { try part.addOutput(name, try own(value)) }
        return part
    }

    /// Symbols in types and attributes.
    package var symbols: Set<String> {
        var found = inputs.reduce(into: Set<String>()) { $0.formUnion(valueType(of: $1).symbols) }
        for node in nodes { found.formUnion(symbolsRead(by: node)) }
        return found
    }
}
