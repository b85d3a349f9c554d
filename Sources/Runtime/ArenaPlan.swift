import IR

/// What a call keeps in its arena, where, and between which steps.
package struct ArenaPlan: Sendable, Encodable {
    package struct Buffer: Sendable, Encodable {
        /// Of the node that wrote it first; of memory that one kernel or copy needs for itself, that of its node.
        package let name: String
        /// Of the value, such as `f32[1, 196, 576]`; of memory that holds several in turn, that of the first; `scratch` of memory that holds
        /// no value of the function.
        package let type: String
        package let bytes, offset: Int
        /// Of ``ArenaPlan/steps``.
        package let firstStep, lastStep: Int
        /// Whether it holds a value of the function, and no helper of a kernel.
        package let isValue: Bool
    }

    package struct Step: Sendable, Encodable {
        package let node, op, kernel: String
    }

    package let function: String
    /// In the order of their first step.
    package let buffers: [Buffer]
    package let steps: [Step]
    /// Size of the arena.
    package let bytes: Int

    /// Bytes that are alive in each step, each buffer rounded up to whole cache lines as the planner does.
    package var bytesPerStep: [Int] {
        var changes = [Int](repeating: 0, count: steps.count + 1)
        for buffer in buffers where buffer.firstStep < steps.count {
            changes[buffer.firstStep] += MemoryPlanner.align(buffer.bytes)
            changes[min(buffer.lastStep, steps.count - 1) + 1] -= MemoryPlanner.align(buffer.bytes)
        }
        var alive = 0
        return changes.dropLast().map {
            alive += $0; return alive
        }
    }
}

extension ArenaPlan {
    init(_ graph: Graph, binding: Binding, states: Set<String>, weights: WeightStore) throws {
        let context = LoweringContext(graph: graph, binding: binding, stateInputs: states, weights: weights)
        try context.lower()
        let nodes = graph.nodes
        func node(_ step: Int) -> Node? {
            let index = context.steps.indices.contains(step) ? context.steps[step].node : nodes.count
            return nodes.indices.contains(index) ? nodes[index] : nil
        }
        let (offsets, bytes) = try BoundFunction.place(context.buffers, of: graph.name)
        let values = try ArenaPlan.values(context, nodes)
        var buffers: [Buffer] = []
        for (index, buffer) in context.buffers.all.enumerated() where buffer.storage == .arena && buffer.bytes > 0 {
            let value = values[index]
            buffers.append(
                Buffer(
                    name: value?.name ?? node(buffer.firstStep)?.name ?? "outputs", type: value?.type ?? "scratch", bytes: buffer.bytes,
                    offset: offsets[index], firstStep: buffer.lifetime.lowerBound, lastStep: buffer.lifetime.upperBound,
                    isValue: value != nil))
        }
        function = graph.name
        self.bytes = bytes
        self.buffers = buffers.sorted { ($0.firstStep, $0.offset) < ($1.firstStep, $1.offset) }
        steps = context.steps.enumerated().map { index, step in
            Step(node: node(index)?.name ?? "outputs", op: node(index)?.opName ?? "copy", kernel: step.kernel)
        }
    }

    /// Name and type of the value that each buffer holds first, by the buffer.
    private static func values(_ context: LoweringContext, _ nodes: [Node]) throws -> [Int: (name: String, type: String)] {
        var values: [Int: (name: String, type: String)] = [:]
        for node in nodes {
            for output in node.outputs {
                guard let view = context.views[output], values[view.buffer] == nil else { continue }
                let sizes = try context.sizes(of: output)
                values[view.buffer] = (node.name, "\(context.type(of: output).dtype.rawValue)\(sizes)")
            }
        }
        return values
    }
}

extension Session {
    /// What a call of function `name` keeps in its arena, its states (``IR/Graph/stateNames``) updated in place: one plan, or of a function
    /// whose data decide sizes, or that calls others, one for each of its parts whose sizes `binding` gives. Weights that are packed for another
    /// machine are packed anew for it.
    /// - Throws: ``RuntimeError`` or `BindingError`.
    package func arenaPlans(_ name: String, binding: Binding) throws -> [ArenaPlan] {
        let graph = try plan.function(name)
        let program = try plan.program(graph)
        return try whileRunning {
            if let whole = program.whole { return [try plan.arena(whole, binding, graph.stateNames)] }
            return try program.parts.compactMap { part in
                guard case .segment(let segment) = part, segment.symbols.isSubset(of: binding.keys) else { return nil }
                return try plan.arena(segment, binding, [])
            }
        }
    }
}

extension Graph {
    /// Inputs that are outputs of the same name and type too: caches, whose memory callers lend to be updated in place.
    package var stateNames: Set<String> {
        Set(
            inputs.compactMap { input in
                let name = inputName(of: input)
                return outputs.contains { $0.name == name && valueType(of: $0.value) == valueType(of: input) } ? name : nil
            })
    }
}
