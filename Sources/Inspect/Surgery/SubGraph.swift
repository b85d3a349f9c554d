import IR

/// Parts of functions as functions of their own.
package enum SubGraph {
    /// A part that stands alone.
    package struct Part: Sendable {
        package let module: Module
        /// Which values of the function that it was cut from its inputs are, by name.
        package let inputs: [String: ValueID]

        package init(_ module: Module, inputs: [String: ValueID]) { (self.module, self.inputs) = (module, inputs) }
    }

    /// The part of function `name` that computes `outputs` from `inputs`: a module with that function, those that it calls, and the constants
    /// that these read. What it needs besides of the function's own inputs stays an input.
    /// - Throws: `GraphError` or `VerificationError` for a part that cannot stand alone, such as one without a size that data decide.
    package static func between(_ inputs: [ValueID], _ outputs: [ValueID], of name: String, in module: Module) throws -> Module {
        guard let graph = module.function(name) else { throw WorkError("module '\(module.name)' has no function '\(name)'", .content) }
        let given = Set(inputs)
        var needed: Set<NodeID> = []
        var open = outputs
        while let value = open.popLast() {
            guard !given.contains(value), let node = graph.producer(of: value), needed.insert(node.id).inserted else { continue }
            open += node.inputs.compactMap { $0 }
        }
        return try part(graph, graph.nodes.filter { needed.contains($0.id) }, outputs, cut: given, in: module).module
    }

    /// The function `name` with these nodes alone: what they read of others are inputs, what nobody of them reads are results.
    /// - Throws: as ``between(_:_:of:in:)``.
    package static func keeping(_ nodes: [Node], of name: String, in module: Module) throws -> Part {
        guard let graph = module.function(name) else { throw WorkError("module '\(module.name)' has no function '\(name)'", .content) }
        let read = Set(nodes.flatMap(\.inputs).compactMap { $0 })
        let results = nodes.flatMap(\.outputs).filter { !read.contains($0) || graph.isOutput($0) }
        return try part(graph, nodes, results, cut: [], in: module)
    }

    private static func part(
        _ graph: Graph, _ nodes: [Node], _ outputs: [ValueID], cut: Set<ValueID>, in module: Module
    ) throws -> Part {
        let names = ValueNames(graph)
        let own = Set(nodes.flatMap(\.outputs)).subtracting(cut)
        var inputs: [ValueID] = []
        for case let value? in nodes.flatMap(\.inputs) + outputs where !own.contains(value) && graph.constantKey(of: value) == nil {
            if !inputs.contains(value) { inputs.append(value) }
        }
        // Inputs in the function's own order, then what was cut.
        let ordered = graph.inputs.filter(inputs.contains) + inputs.filter { !graph.inputs.contains($0) }
        var taken: Set<String> = []
        func unique(_ value: ValueID) -> (String, ValueID) {
            let base = names.name(of: value)
            let name = ([base] + (2...).lazy.prefix(4096).map { "\(base).\($0)" }).first { taken.insert($0).inserted } ?? base
            return (name, value)
        }
        let inNames = ordered.map(unique)
        taken = []
        var seen: Set<ValueID> = []
        let results = outputs.filter { seen.insert($0).inserted }
        let made = try graph.part(named: graph.name, nodes, inputs: inNames, outputs: results.map(unique))
        return Part(try module.replacing(graph.name, with: made), inputs: Dictionary(inNames) { first, _ in first })
    }
}

extension Module {
    /// The module of `graph` in place of its function `name`, with what it calls and reads.
    fileprivate func replacing(_ name: String, with graph: Graph) throws -> Module {
        var made = self
        made.setFunction(graph)
        made = made.keeping(functions: [name])
        // What is said of the whole does not hold of a part.
        made.metadata = [:]
        try made.verify()
        return made
    }
}
