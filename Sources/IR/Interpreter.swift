/// Runs a function by `evaluate` alone: the reference that kernels, passes and plans are held to.
package enum Interpreter {
    /// Results of function `name`, all tensors, by output name.
    /// - Throws: ``EvaluationError`` naming the node, or ``BindingError`` for sizes that do not fit.
    package static func run(
        _ module: Module, _ name: String, _ inputs: [String: Tensor], binding: Binding = [:], seed: UInt64 = 0
    ) throws -> [String: Tensor] {
        let results = try run(module, name, values: inputs.mapValues { .tensor($0) }, binding: binding, seed: seed)
        return try results.mapValues { value in
            guard let tensor = value.tensor else { throw EvaluationError("a result of '\(name)' is \(value.kind), no tensor") }
            return tensor
        }
    }

    /// What a node gave: the function, the node, its results.
    package typealias Observer = (_ function: String, _ node: Node, _ results: [Datum]) throws -> Void

    /// Results of function `name` by output name.
    /// - Parameter observer: told of each node as soon as it is evaluated, in functions that others call too.
    /// - Throws: as ``run(_:_:_:binding:seed:)``, and what `observer` throws.
    package static func run(
        _ module: Module, _ name: String, values inputs: [String: Datum], binding: Binding = [:], seed: UInt64 = 0,
        observer: Observer? = nil
    ) throws -> [String: Datum] {
        let graph = try function(module, name)
        let operands = try graph.inputs.map { id -> Datum in
            let name = graph.inputName(of: id) ?? ""
            guard let value = inputs[name] else { throw EvaluationError("input '\(name)' of '\(graph.name)' is missing") }
            return value
        }
        var frame = Frame(module, graph, CounterRandom(seed: seed), observer)
        let results = try frame.run(operands, binding)
        return Dictionary(zip(graph.outputs.map(\.name), results), uniquingKeysWith: { first, _ in first })
    }

    private static func function(_ module: Module, _ name: String) throws -> Graph {
        if let graph = module.function(name) { return graph }
        let known = module.functions.map(\.name).joined(separator: ", ")
        throw EvaluationError("module '\(module.name)' has no function '\(name)'; it has \(known)")
    }

    /// One call of a function.
    private struct Frame {
        let module: Module
        let graph: Graph
        let random: CounterRandom
        let observer: Observer?
        var binding: Binding = [:]
        var values: [ValueID: Datum] = [:]

        init(_ module: Module, _ graph: Graph, _ random: CounterRandom, _ observer: Observer?) {
            (self.module, self.graph, self.random, self.observer) = (module, graph, random, observer)
        }

        mutating func run(_ inputs: [Datum], _ given: Binding) throws -> [Datum] {
            binding = given
            for (id, value) in zip(graph.inputs, inputs) {
                try graph.valueType(of: id).bind(value, named: "input '\(graph.inputName(of: id) ?? "")'", in: &binding)
                values[id] = value
            }
            for node in graph.nodes {
                do { try evaluate(node) } catch { throw EvaluationError("\(node.opName) '\(node.name)': \(error)") }
                try observer?(graph.name, node, node.outputs.map(value))
            }
            return try graph.outputs.map { try value($0.value) }
        }

        private mutating func evaluate(_ node: Node) throws {
            let operands = try node.inputs.map { try $0.map(value) }
            var calls: UInt64 = 0
            let (stream, types) = (random.substream(of: node), node.outputs.map { graph.valueType(of: $0) })
            var context = EvaluationContext(binding: binding, results: types, random: stream) { [module, observer] name, inputs in
                calls += 1
                var frame = Frame(module, try Interpreter.function(module, name), stream.substream(calls), observer)
                return try frame.run(inputs, [:])
            }
            let results = try node.op.evaluate(operands, &context)
            try node.bind(results, graph, context.sizes, in: &binding)
            for (id, result) in zip(node.outputs, results) { values[id] = result }
        }

        private func value(_ id: ValueID) throws -> Datum {
            if let known = values[id] { return known }
            guard let key = graph.constantKey(of: id), let tensor = module.constants[key]?.tensor else {
                throw EvaluationError("\(graph.origin(of: id)) has no value")
            }
            return .tensor(tensor)
        }
    }
}

extension CounterRandom {
    /// The stream of `node`: one for each name and operator, whatever stands around it.
    package func substream(of node: Node) -> CounterRandom {
        // FNV-1a: names, not positions, so that passes which move other nodes change no numbers.
        let hash = "\(node.opName) \(node.name)".utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return substream(hash)
    }
}

extension Node {
    /// Binds the sizes that this node decided: those it named, or what its results show; and holds results to their types, since what is
    /// planned for those reads as much as they say.
    /// - Throws: ``BindingError`` if results do not have their types' sizes.
    package func bind(_ results: [Datum], _ graph: Graph, _ decided: [Int], in binding: inout Binding) throws {
        for (name, size) in zip(sizes, decided) { binding[name] = size }
        guard results.count == outputs.count else { throw BindingError("\(results.count) results where \(outputs.count) are declared") }
        for (id, result) in zip(outputs, results) {
            try graph.valueType(of: id).bind(result, named: "a result of \(opName) '\(name)'", in: &binding)
        }
        if let missing = sizes.first(where: { binding[$0] == nil }) { throw BindingError("the size '\(missing)' is not decided") }
    }
}

extension TensorType {
    /// Checks that `tensor` fits this type and binds the type's symbols to its sizes. Sizes that may differ are not looked at.
    /// - Throws: ``BindingError`` naming the value and both types.
    package func bind(_ tensor: Tensor, named name: String, in binding: inout Binding) throws {
        guard tensor.dtype == dtype, tensor.rank == rank || isOfAnyRank else {
            throw BindingError("\(name) must be \(self), not \(tensor.type)")
        }
        if isOfAnyRank { return }
        for (dim, size) in zip(shape, tensor.shape) where dim != .any {
            do { try dim.bind(to: size, in: &binding) } catch {
                throw BindingError("\(name) must be \(self), not \(tensor.type): \(error)")
            }
        }
    }
}
