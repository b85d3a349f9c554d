import IR

/// Adds low-rank adapters to dense layers (Hu et al., "LoRA: low-rank adaptation of large language models", 2021).
///
///     x ─▶ linear(W, b) ─▶ y        ⟶        x ─┬▶ linear(W, b) ───────────────────▶ add ─▶ y
///                                               └▶ linear(down) ─▶ linear(up) ─▶ mul ─┘
///
/// Weights of adapters are constants `LAYER.lora_down.weight` [rank, in] and `LAYER.lora_up.weight` [out, rank].
package struct AddAdapters: ModulePass {
    package let name = "add-adapters"
    package let documentation = "Adds low-rank adapters to dense layers."
    package let promise = Promise.rounding

    package static let down = ".lora_down.weight"
    package static let up = ".lora_up.weight"

    /// Rank of each layer's adapter, by the layer's name: a constant's key without `.weight`.
    private let ranks: [String: Int]
    private let scale: Double

    /// - Parameter scale: what adapters' results are multiplied by.
    package init(_ ranks: [String: Int], scale: Double) { (self.ranks, self.scale) = (ranks, scale) }

    /// Constants of the adapters have no data then; ``IR/Module/setConstant(_:)`` gives them some.
    /// - Throws: ``PassError`` for a layer that is none, and ranks that do not fit it.
    package func run(on module: inout Module, limit: Int) throws -> Int {
        for layer in ranks.keys.sorted() { for constant in try constants(layer, module) { module.setConstant(constant) } }
        var changes = 0
        for graph in module.functions where changes < limit {
            let (made, count) = try adapted(graph, module)
            if count > 0 { module.setFunction(made) }
            changes += count
        }
        return changes
    }

    private func constants(_ layer: String, _ module: Module) throws -> [Constant] {
        guard let type = module.constants[layer + ".weight"]?.type, type.rank == 2, let shape = type.staticShape else {
            throw PassError("\(name): the module has no dense layer '\(layer)'; a layer is named as its weight, without '.weight'")
        }
        let rank = ranks[layer] ?? 0
        guard rank > 0, rank <= min(shape[0], shape[1]) else {
            throw PassError(
                "\(name): layer '\(layer)' is \(type); an adapter of rank \(rank) does not fit, give 1 to \(min(shape[0], shape[1]))")
        }
        return [
            Constant(key: layer + Self.down, type: TensorType(type.dtype, [Dim(rank), Dim(shape[1])]), bytes: nil),
            Constant(key: layer + Self.up, type: TensorType(type.dtype, [Dim(shape[0]), Dim(rank)]), bytes: nil),
        ]
    }

    /// `graph` with adapters, and how many.
    private func adapted(_ graph: Graph, _ module: Module) throws -> (Graph, Int) {
        guard graph.nodes.contains(where: { layer($0, graph) != nil }) else { return (graph, 0) }
        var empty = Graph(name: graph.name)
        empty.isPrivate = graph.isPrivate
        let builder = GradientBuilder(empty)
        var match: [ValueID: ValueID] = [:]
        for input in graph.inputs { match[input] = try builder.addInput(graph.inputName(of: input) ?? "", graph.valueType(of: input)) }
        func own(_ value: ValueID) throws -> ValueID {
            if let known = match[value] { return known }
            guard let key = graph.constantKey(of: value) else { throw GraphError("\(graph.origin(of: value)) is not computed") }
            let made = try builder.constant(key, graph.type(of: value))
            match[value] = made
            return made
        }
        var count = 0
        for node in graph.nodes {
            let inputs = try node.inputs.map { try $0.map(own) }
            for (old, new) in zip(node.outputs, builder.copy(node, of: graph, inputs)) { match[old] = new }
            guard let layer = layer(node, graph), let y = match[node.outputs[0]], let x = inputs[0] else { continue }
            builder.name = node.name + ".lora"
            match[node.outputs[0]] = try sum(builder.traced(y), builder.traced(x), layer, module, builder).value
            count += 1
        }
        for output in graph.outputs { try builder.addOutput(output.name, builder.traced(own(output.value))) }
        return (builder.graph, count)
    }

    /// The layer that `node` is, if it gets an adapter.
    private func layer(_ node: Node, _ graph: Graph) -> String? {
        guard node.op is Linear, node.inputs.count > 1, let key = node.inputs[1].flatMap({ graph.constantKey(of: $0) }) else { return nil }
        let name = key.hasSuffix(".weight") ? String(key.dropLast(".weight".count)) : key
        return ranks[name] == nil ? nil : name
    }

    private func sum(_ y: Traced, _ x: Traced, _ layer: String, _ module: Module, _ builder: GradientBuilder) throws -> Traced {
        let weights = try [Self.down, Self.up].map { suffix -> Traced in
            guard let type = module.constants[layer + suffix]?.type else { throw PassError("\(name): '\(layer)' has no adapter") }
            return builder.traced(try builder.constant(layer + suffix, type))
        }
        return try y + x.applying(Linear(), weights[0]).applying(Linear(), weights[1]) * scale
    }
}
