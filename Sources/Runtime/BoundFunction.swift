import IR

/// A function lowered for one size of each symbol: steps, and where every buffer lies.
final class BoundFunction: Sendable {
    let name: String
    let steps: [Step]
    /// Operator and name of each node, and a last entry for the steps that copy outputs.
    let nodeNames: [String]
    let buffers: [BufferTable.Storage]
    /// Offset in the arena for arena buffers, 0 for others.
    let arenaOffsets: [Int]
    let arenaBytes: Int
    let outputs: [(name: String, dtype: DType, sizes: [Int])]
    /// Outputs that are a caller's state after the run, and so are not returned.
    let stateOutputs: Set<String>
    /// Outputs that are handed on after a step, and so are not returned.
    let handoffs: [Int: [Handoff]]
    private let handed: Set<String>
    /// Where results of nodes lie after a step; none unless asked for.
    let probes: [Int: [Probe]]
    /// Operators and names of the nodes, for results.
    let nodes: [(op: String, name: String)]

    /// Whether the caller gets output `name` as a result.
    func returns(_ name: String) -> Bool { !stateOutputs.contains(name) && !handed.contains(name) }

    /// - Parameters:
    ///   - isProbed: whether ``probes`` are wanted.
    ///   - handing: see ``Session/run(_:_:states:binding:seed:handing:to:)``.
    init(
        _ graph: Graph, binding: Binding, stateInputs: Set<String>, weights: WeightStore, isProbed: Bool = false, handing: Handing = [:]
    ) throws {
        let context = LoweringContext(
            graph: graph, binding: binding, stateInputs: stateInputs, weights: weights, isProbed: isProbed, handing: handing)
        try context.lower()
        name = graph.name
        steps = context.steps
        (handoffs, handed) = (context.handover.byStep, context.handover.names)
        probes = context.probes?.steps ?? [:]
        nodes = isProbed ? graph.nodes.map { ($0.opName, $0.name) } : []
        nodeNames = graph.nodes.map { "\($0.opName) '\($0.name)'" } + ["outputs"]
        buffers = context.buffers.all.map(\.storage)
        (arenaOffsets, arenaBytes) = try BoundFunction.place(context.buffers, of: graph.name)
        outputs = try graph.outputs.map { output in
            let type = graph.type(of: output.value)
            return (output.name, type.dtype, try type.sizes(binding))
        }
        stateOutputs = stateInputs
    }

    /// The offset in the arena of each of `buffers`, 0 for those that are not there, and the size of the arena.
    /// - Throws: ``RuntimeError`` for a tensor that is larger than the machine's memory.
    static func place(_ buffers: BufferTable, of function: String) throws -> (offsets: [Int], bytes: Int) {
        for buffer in buffers.all where buffer.bytes > Machine.memoryBytes {
            throw RuntimeError(
                "function '\(function)' needs a tensor of \(buffer.bytes) bytes; this machine has \(Machine.memoryBytes)", .resources)
        }
        let arena = buffers.all.indices.filter { buffers.all[$0].storage == .arena }
        let plan = MemoryPlanner.place(
            arena.map { MemoryPlanner.Request(bytes: buffers.all[$0].bytes, lifetime: buffers.all[$0].lifetime) })
        var offsets = [Int](repeating: 0, count: buffers.next)
        for (index, offset) in zip(arena, plan.offsets) { offsets[index] = offset }
        return (offsets, plan.arenaBytes)
    }
}
