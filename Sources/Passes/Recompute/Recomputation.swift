import IR

/// A gradient function that keeps some values of the way there and computes the others again where the way back reads them.
struct Recomputation {
    private let parts: GradientParts
    private let kept: Set<ValueID>
    /// Nodes of the way back after which a copy of a value is not taken for a later reader any more.
    private let reach: Int
    private let builder: GradientBuilder
    private var match: [ValueID: ValueID] = [:]
    /// Copies on the way back, and the node there that read each last.
    private var again: [ValueID: (copy: ValueID, read: Int)] = [:]
    private var position = 0
    private(set) var flops = 0.0

    /// - Parameters:
    ///   - kept: Values of the way there that stay in memory until the way back has read them.
    ///   - reach: For values between which nothing is kept; see ``RecomputationChoice``.
    static func graph(_ parts: GradientParts, keeping kept: Set<ValueID>, reach: Int) throws -> (graph: Graph, flops: Double) {
        var made = Recomputation(parts, kept, reach)
        return (try made.build(), made.flops)
    }

    private init(_ parts: GradientParts, _ kept: Set<ValueID>, _ reach: Int) {
        (self.parts, self.kept, self.reach) = (parts, kept, reach)
        builder = GradientBuilder(Graph(name: parts.graph.name))
    }

    private mutating func build() throws -> Graph {
        let graph = parts.graph
        for input in graph.inputs { match[input] = try builder.addInput(graph.inputName(of: input) ?? "", graph.valueType(of: input)) }
        for node in graph.nodes {
            let isForward = parts.isForward(node)
            if !isForward { position += 1 }
            let inputs = try node.inputs.map { try $0.map { try isForward ? own($0) : read($0) } }
            for (old, new) in zip(node.outputs, builder.copy(node, of: graph, inputs)) { match[old] = new }
        }
        for output in graph.outputs { try builder.addOutput(output.name, builder.traced(own(output.value))) }
        return builder.graph
    }

    /// `value` as the way there has it.
    private mutating func own(_ value: ValueID) throws -> ValueID {
        if let known = match[value] { return known }
        guard let key = parts.graph.constantKey(of: value) else { throw GraphError("\(parts.graph.origin(of: value)) is not computed") }
        let made = try builder.constant(key, parts.graph.type(of: value))
        match[value] = made
        return made
    }

    /// `value` as the way back reads it: kept, or computed again.
    private mutating func read(_ value: ValueID) throws -> ValueID {
        guard let node = parts.graph.producer(of: value), parts.isForward(node), !kept.contains(value), parts.isRepeatable(node) else {
            return try own(value)
        }
        if let known = again[value], position - known.read <= reach {
            again[value] = (known.copy, position)
            return known.copy
        }
        let inputs = try node.inputs.map { try $0.map { try read($0) } }
        flops += parts.flops(of: node)
        for (old, new) in zip(node.outputs, builder.copy(node, of: parts.graph, inputs)) { again[old] = (new, position) }
        return again[value]?.copy ?? value
    }
}
