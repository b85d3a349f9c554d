import FourMSettings
import IR

extension FeatureNetwork {
    /// `other` with the network's function and the constants that it reads, their names behind ``prefix``.
    /// - Throws: ``GraphError``.
    func joined(to other: Module) throws -> Module {
        let builder = GradientBuilder(Graph(name: FeatureNetwork.prefix + graph.name))
        var match: [ValueID: ValueID] = [:]
        for input in graph.inputs { match[input] = try builder.addInput(graph.inputName(of: input) ?? "", graph.valueType(of: input)) }
        var read: Set<String> = []
        func own(_ value: ValueID) throws -> ValueID {
            if let known = match[value] { return known }
            guard let key = graph.constantKey(of: value) else { throw GraphError("\(graph.origin(of: value)) is not computed") }
            read.insert(key)
            let made = try builder.constant(FeatureNetwork.prefix + key, graph.type(of: value))
            match[value] = made
            return made
        }
        for node in graph.nodes {
            let inputs = try node.inputs.map { try $0.map(own) }
            for (old, new) in zip(node.outputs, builder.copy(node, of: graph, inputs)) { match[old] = new }
        }
        for output in graph.outputs { try builder.addOutput(output.name, builder.traced(try own(output.value))) }
        var made = other
        made.setFunction(builder.graph)
        for constant in module.constants.values where read.contains(constant.key) {
            made.setConstant(Constant(key: FeatureNetwork.prefix + constant.key, type: constant.type, bytes: constant.bytes))
        }
        return made
    }

    /// Function `name`, or the only one.
    static func entry(_ module: Module, _ name: String?) throws -> Graph {
        let entries = module.entryPoints
        if let name, let found = entries.first(where: { $0.name == name }) { return found }
        guard name == nil, let only = entries.first, entries.count == 1 else {
            let known = entries.map(\.name).joined(separator: ", ")
            throw FourMError("feature network '\(module.name)': name one of its functions, which are \(known)", .request)
        }
        return only
    }

    /// `entry` without calls and with `features` for its results.
    static func giving(_ features: [String], _ entry: Graph, _ module: Module) throws -> Graph {
        var graph = try withoutCalls(entry, module)
        guard !features.isEmpty else { return graph }
        let outputs = try features.map { name in
            let value = graph.outputs.first { $0.name == name }?.value ?? graph.nodes.last { $0.name == name }?.outputs.first
            guard let value else {
                let known = graph.outputs.map(\.name).joined(separator: ", ")
                throw FourMError(
                    "feature network '\(module.name)': '\(entry.name)' has no result and no node '\(name)'; its results are \(known), "
                        + "and tessera inspect --ir shows its nodes", .request)
            }
            return (name, value)
        }
        let inputs = graph.inputs.map { (graph.inputName(of: $0) ?? "", $0) }
        graph = try graph.part(named: entry.name, graph.nodes, inputs: inputs, outputs: outputs)
        graph.removeDeadNodes()
        return graph
    }

    private static func withoutCalls(_ entry: Graph, _ module: Module) throws -> Graph {
        var graph = entry
        while let node = graph.nodes.first(where: { !$0.op.calledFunctions.isEmpty }) {
            guard let call = node.op as? Call, let callee = module.function(call.function) else {
                let name = type(of: node.op).opName
                throw FourMError(
                    "feature network '\(module.name)': '\(entry.name)' has an operator '\(name)', through which no gradient goes")
            }
            try graph.inline(node.id, callee, operands: node.inputs.compactMap { $0 }, callees: Callees(module))
        }
        return graph
    }
}
