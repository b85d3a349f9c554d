extension Module {
    /// Whether types depend on more than operands: on other functions, or on what data decide.
    package var hasOpenTypes: Bool {
        functions.contains { graph in
            graph.nodes.contains { !$0.sizes.isEmpty || !$0.op.calledFunctions.isEmpty || !($0.op is any TensorOperator) }
        }
    }

    /// Makes types as precise as they have become: a rewrite may know a size that data seemed to decide, in a function, and so in those that
    /// call it. Sizes that are known now are replaced wherever they stand.
    /// - Throws: ``GraphError`` if a node does not fit any more.
    package mutating func reinferTypes() throws {
        for name in calleesFirst {
            guard var graph = function(name) else { continue }
            try graph.reinferTypes(Callees(self))
            setFunction(graph)
        }
    }
}

extension Graph {
    /// Gives the nodes, in order, the types that their operands' types now make.
    mutating func reinferTypes(_ callees: Callees) throws {
        for id in order {
            guard let node = nodeTable[id.index] else { continue }
            let types = node.inputs.map { $0.map { valueType(of: $0) } }
            let context = InferenceContext(callees, sizes: node.sizes)
            let inferred = try Graph.infer(node.op, types, name: node.name, context, mayNeedFewer: true) { index in
                node.inputs[index].map { origin(of: $0) } ?? "absent"
            }
            let old = node.outputs.map { valueType(of: $0) }
            guard inferred.types != old || inferred.sizes != node.sizes else { continue }
            for (output, type) in zip(node.outputs, inferred.types) { valueTable[output.index].type = type }
            nodeTable[id.index]?.sizes = inferred.sizes
            let known = Graph.replacements(for: node.sizes, old, inferred.types)
            if !known.isEmpty { try replaceSizes(known, besides: node) }
        }
    }

    /// What sizes that a node decided have become.
    private static func replacements(for sizes: [String], _ old: [ValueType], _ new: [ValueType]) -> [String: Dim] {
        var known: [String: Dim] = [:]
        for (before, after) in zip(old, new) {
            for (was, now) in zip(before.element.shape, after.element.shape) where was != now {
                if let name = was.symbolName, sizes.contains(name) { known[name] = now }
            }
        }
        return known
    }
}
