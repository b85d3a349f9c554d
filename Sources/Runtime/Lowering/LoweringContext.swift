import IR

/// An operator that has kernels. Conformances live in this folder, a file for each kernel family.
protocol Lowerable: TensorOperator {
    /// Emits the steps that compute `node`, or defines its results as views.
    func lower(_ node: Node, _ context: LoweringContext) throws
}

/// Turns one function, under one binding of its symbols, into steps over buffers.
final class LoweringContext {
    let graph: Graph
    let binding: Binding
    let stateInputs: Set<String>
    let weights: WeightStore
    var buffers = BufferTable()
    var steps: [Step] = []
    /// Where values lie, and how many reads of each are to come.
    var views: [ValueID: View] = [:]
    var pending: [ValueID: Int] = [:]
    var channelsLastCopies: [View: View] = [:]
    /// The elementwise operators of steps, by step.
    var chains: [Int: ElementwiseChain] = [:]
    /// Index of the node at hand, in the function's order.
    private(set) var currentNode = 0
    /// Outputs that values become, under their own or another shape.
    private(set) var outputIndex: [ValueID: Int] = [:]
    private(set) var states: [String: View] = [:]
    /// States by the values that are their next content.
    private(set) var stateOfResult: [ValueID: String] = [:]
    /// Where inputs lie.
    private(set) var inputBuffers: [ValueID: Int] = [:]
    /// Where results lie, if anybody wants to know.
    private(set) var probes: ProbeTable?
    /// Outputs that are handed on as soon as they are complete.
    var handover: HandoverTable
    /// The results of concats whose operands are written in place before them.
    var joins: [NodeID: Join] = [:]

    init(
        graph: Graph, binding: Binding, stateInputs: Set<String>, weights: WeightStore, isProbed: Bool = false, handing: Handing = [:]
    ) {
        self.graph = graph
        probes = isProbed ? ProbeTable() : nil
        handover = HandoverTable(graph, handing)
        self.weights = weights
        self.binding = binding
        self.stateInputs = stateInputs
        for (index, output) in graph.outputs.enumerated() {
            pending[output.value, default: 0] += 1
            if stateInputs.contains(output.name) { stateOfResult[output.value] = stateOfResult[output.value] ?? output.name }
            if stateInputs.contains(output.name) || handing[output.name] != nil { continue }
            var value = output.value
            while outputIndex[value] == nil {
                outputIndex[value] = index
                guard let producer = graph.producer(of: value), producer.op is Reshape || addsRows(producer),
                    let source = producer.inputs[0], graph.hasSingleUse(source)
                else { break }
                value = source
            }
        }
    }

    /// Whether `node` adds to its first operand in place.
    private func addsRows(_ node: Node) -> Bool { node.op is ScatterRows && !graph.type(of: node.outputs[0]).dtype.isHalf }

    /// Steps and buffers for the whole function.
    func lower() throws {
        for (index, input) in graph.inputs.enumerated() {
            let name = graph.inputName(of: input) ?? ""
            let type = graph.type(of: input)
            let isState = stateInputs.contains(name)
            let buffer = buffers.add(isState ? .state(name) : .input(index), at: steps.count)
            let view = View(buffer: buffer, dtype: type.dtype, sizes: try type.sizes(binding))
            if isState { states[name] = view }
            inputBuffers[input] = buffer
            define(input, view)
        }
        for (index, node) in graph.nodes.enumerated() {
            currentNode = index
            let place = "\(node.opName) '\(node.name)'"
            guard let op = node.op as? any Lowerable else { throw RuntimeError("\(place) has no lowering", .unsupported, node: place) }
            do {
                try checkSizes(of: node, op)
                try isPacked(node) ? lowerByEvaluation(node, self) : op.lower(node, self)
            } catch {
                throw RuntimeError("\(place): \(error)", (error as? RuntimeError)?.cause ?? .call, node: place)
            }
            if let last = steps.last, last.node == index {
                probes?.add(index, node.outputs.map { views[$0] }, writtenBy: steps.count - 1)
            }
            try keepHanded(node.outputs)
            for case let input? in node.inputs { release(input) }
        }
        try finishOutputs()
    }

    /// Inference lets pass what cannot be decided while sizes are symbols, such as whether indices fit into a table of n rows. Kernels rely
    /// on it, so it is decided here.
    /// - Throws: `InferenceError` as the operator words it; ``RuntimeError`` for results of other sizes than the types say.
    private func checkSizes(of node: Node, _ op: any Lowerable) throws {
        let isOpen = node.inputs.contains { $0.map { graph.type(of: $0).shape.contains { $0.value == nil } } ?? false }
        guard isOpen || !op.symbols.isEmpty else { return }
        let known = binding.mapValues { Dim($0) }
        let types = try node.inputs.map { try $0.map { try sizedType(of: $0) } }
        let results = try (op.substituting(known) as? any Lowerable ?? op).infer(types)
        for (result, output) in zip(results, node.outputs) {
            let wanted = try sizedType(of: output)
            guard zip(result.shape, wanted.shape).allSatisfy({ $0.value == nil || $0 == $1 }) else {
                throw RuntimeError("with these sizes the result is \(result), not \(wanted)")
            }
        }
    }

    private func sizedType(of value: ValueID) throws -> TensorType {
        let type = graph.type(of: value)
        return TensorType(type.dtype, try type.sizes(binding).map { Dim($0) }, quantization: type.quantization, layout: type.layout)
    }

    /// Whether elements of less than a byte are involved, which views cannot address, or narrow floats, which kernels can only move; a
    /// reshape leaves them where they are, and dense layers have kernels for 4-bit integers.
    private func isPacked(_ node: Node) -> Bool {
        if node.op is Reshape || node.op is Pack { return false }
        let operands = node.inputs.compactMap { $0 }
        if operands.contains(where: { graph.type(of: $0).layout != nil }) { return false }
        let isMovement = !node.op.facts.isDisjoint(with: [.movement, .view])
        return (operands + node.outputs).contains { value in
            let dtype = graph.type(of: value).dtype
            return dtype.bits < 8 || !isMovement && dtype.narrowFloat != nil
        }
    }

    /// Copies outputs that do not yet lie where they belong: first what the caller gets, then states, whose old content
    /// nobody reads any more by then.
    private func finishOutputs() throws {
        currentNode = graph.nodeCount
        var updates: [(name: String, source: View)] = []
        for (index, output) in graph.outputs.enumerated() {
            let source = try view(of: output.value)
            if stateInputs.contains(output.name) {
                updates.append((output.name, source))
            } else if handover.names.contains(output.name) {
                try keepHanded([output.value])
            } else if buffers[source].storage != .output(index) || source.offset != 0 || !source.isContiguous {
                try copy(source, to: View(buffer: buffers.add(.output(index), at: steps.count), dtype: source.dtype, sizes: source.sizes))
            }
        }
        try finishStates(updates)
        finishHandover()
        if probes == nil { keepInBlocks() }
    }

    private func finishStates(_ updates: [(name: String, source: View)]) throws {
        var moves: [(source: View, target: View)] = []
        for (name, source) in updates {
            guard let target = states[name], target.sizes == source.sizes, target.dtype == source.dtype else {
                throw RuntimeError("output '\(name)' has not the type of the state '\(name)'")
            }
            if source.isContiguous, source.canonical == target { continue }
            moves.append((isState(source) ? try copied(source) : source, target))
        }
        for move in moves { try copy(move.source, to: move.target) }
    }

    private func release(_ value: ValueID) {
        guard let view = views[value] else { return }
        pending[value, default: 1] -= 1
        buffers.expectReads(-1, of: view)
    }
}
