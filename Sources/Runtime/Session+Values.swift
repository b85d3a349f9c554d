import IR

extension Session {
    /// Runs function `name`, whose inputs and results may be sequences, optionals and strings.
    /// - Parameter seed: That of random operators.
    /// - Throws: ``RuntimeError`` or `BindingError` naming the input or node; `CancellationError`.
    package func run(
        _ name: String, values: [String: Datum], binding: Binding = [:], seed: UInt64 = 0
    ) throws -> [String: Datum] {
        let graph = try plan.function(name)
        try checkNames(graph, Array(values.keys))
        let operands = try graph.inputs.map { id -> Datum in
            let name = graph.inputName(of: id) ?? ""
            guard let value = values[name] else {
                throw RuntimeError("function '\(graph.name)' needs the input '\(name)' of type \(graph.valueType(of: id))")
            }
            return value
        }
        let program = try plan.program(graph)
        let results = try whileRunning { try call(program, operands, binding, CounterRandom(seed: seed)) }
        return Dictionary(zip(graph.outputs.map(\.name), results), uniquingKeysWith: { first, _ in first })
    }

    /// As ``run(_:_:states:binding:seed:)`` for a function of several parts: states are copied in at the start and out at the end.
    func runParts(
        _ program: FunctionProgram, _ inputs: [Tensor?], _ states: [String: StateTensor], _ binding: Binding, _ seed: UInt64
    ) throws -> [String: Tensor] {
        let graph = program.graph
        let operands = try zip(graph.inputs, inputs).map { id, tensor -> Datum in
            let name = graph.inputName(of: id) ?? ""
            guard let value = tensor ?? states[name]?.snapshot() else { throw RuntimeError("input '\(name)' has no value") }
            return .tensor(value)
        }
        let values = try call(program, operands, binding, CounterRandom(seed: seed))
        var results: [String: Tensor] = [:]
        for (output, value) in zip(graph.outputs, values) {
            guard let tensor = value.tensor else {
                throw RuntimeError("output '\(output.name)' of function '\(graph.name)' is \(value.kind), no tensor")
            }
            guard let state = states[output.name] else { results[output.name] = tensor; continue }
            guard state.dtype == tensor.dtype, state.shape == tensor.shape else {
                throw RuntimeError("output '\(output.name)' has not the type of the state '\(output.name)'")
            }
            state.replace(by: tensor)
        }
        return results
    }

    /// Outputs of a function, in order.
    private func call(
        _ program: FunctionProgram, _ operands: [Datum], _ given: Binding, _ random: CounterRandom
    ) throws -> [Datum] {
        let graph = program.graph
        var binding = given
        var values: [ValueID: Datum] = [:]
        for (id, value) in zip(graph.inputs, operands) {
            try graph.valueType(of: id).bind(value, named: "input '\(graph.inputName(of: id) ?? "")'", in: &binding)
            values[id] = value
        }
        try plan.check(binding, of: graph.name)
        for (part, released) in zip(program.parts, program.releases) {
            switch part {
            case .segment(let segment):
                let inputs = try segment.inputs.map { try value($0, graph, values).tensor }
                let results = try results(of: plan.bound(segment, binding, [], isProbed: onResult != nil), inputs)
                for (id, result) in zip(segment.outputs, results) { values[id] = .tensor(result) }
            case .evaluation(let node):
                let operands = try node.inputs.map { try $0.map { try value($0, graph, values) } }
                let results = try evaluate(node, graph, operands, &binding, random.substream(of: node))
                for (id, result) in zip(node.outputs, results) { values[id] = result }
                if !node.sizes.isEmpty { try plan.check(binding, of: graph.name) }
            }
            for id in released { values[id] = nil }
        }
        return try graph.outputs.map { try value($0.value, graph, values) }
    }

    private func value(_ id: ValueID, _ graph: Graph, _ values: [ValueID: Datum]) throws -> Datum {
        if let known = values[id] { return known }
        guard let key = graph.constantKey(of: id), let tensor = plan.module.constants[key]?.tensor else {
            throw RuntimeError("function '\(graph.name)': \(graph.origin(of: id)) has no value")
        }
        return .tensor(tensor)
    }

    /// Refuses a node whose results this machine cannot hold, as far as their sizes are known before.
    private func checkMemory(_ node: Node, _ graph: Graph, _ binding: Binding) throws {
        let place = "\(node.opName) '\(node.name)'"
        for case let type? in node.outputs.map({ graph.valueType(of: $0).tensor }) where type.symbols.isSubset(of: binding.keys) {
            let bytes = try type.sizes(binding).reduce(max(type.dtype.byteWidth, 1), saturatingMultiply)
            guard bytes <= Machine.memoryBytes else {
                let words = "makes a tensor of \(bytes) bytes; this machine has \(Machine.memoryBytes)"
                throw RuntimeError("function '\(graph.name)': \(place) \(words)", .resources, node: place)
            }
        }
    }

    private func evaluate(
        _ node: Node, _ graph: Graph, _ operands: [Datum?], _ binding: inout Binding, _ random: CounterRandom
    ) throws -> [Datum] {
        if Task.isCancelled || cancellation?.isCancelled == true { throw CancellationError() }
        let start = observer == nil ? nil : ContinuousClock.now
        let place = "\(node.opName) '\(node.name)'"
        // Numbers of a body are its own in each call of it.
        var calls: UInt64 = 0
        var context = EvaluationContext(
            binding: binding, results: node.outputs.map { graph.valueType(of: $0) }, random: random
        ) { [self] name, inputs in
            calls += 1
            return try call(plan.program(plan.function(name)), inputs, [:], random.substream(calls))
        }
        try checkMemory(node, graph, binding)
        do {
            let results = try node.op.evaluate(operands, &context)
            try node.bind(results, graph, context.sizes, in: &binding)
            try onResult.map { try tell(results, of: node, graph, $0) }
            if let start { observer?("evaluate.\(node.opName)", place, true, (ContinuousClock.now - start).nanoseconds) }
            return results
        } catch let error as CancellationError { throw error } catch {
            throw RuntimeError("function '\(graph.name)', \(place): \(error)", (error as? RuntimeError)?.cause ?? .call, node: place)
        }
    }

    private func tell(_ results: [Datum], of node: Node, _ graph: Graph, _ onResult: (NodeResult) throws -> Void) throws {
        for (index, result) in results.enumerated() {
            guard let tensor = result.tensor, tensor.dtype != .string, tensor.dtype.bits >= 8 else { continue }
            try onResult(NodeResult(function: graph.name, op: node.opName, node: node.name, index: index, tensor: tensor))
        }
    }
}
