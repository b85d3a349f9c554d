import IR

/// The way there and the way back of a gradient function: what the loss and other results depend on, and what is left.
struct GradientParts {
    let graph: Graph
    let binding: Binding
    /// Nodes of the way there, in order, and where each stands among them.
    let forward: [Node]
    private let place: [NodeID: Int]
    /// Values of the way there that the way back reads, in order.
    let activations: [ValueID]
    /// Bytes of every value of the way there.
    private let bytes: [ValueID: Int]

    init(_ graph: Graph, _ binding: Binding) throws {
        (self.graph, self.binding) = (graph, binding)
        var there: Set<NodeID> = []
        for output in graph.outputs where !output.name.hasPrefix(GradientRequest.prefix) {
            there.formUnion(graph.ancestors(of: output.name))
        }
        let nodes = graph.nodes
        forward = nodes.filter { there.contains($0.id) }
        place = Dictionary(uniqueKeysWithValues: forward.enumerated().map { ($1.id, $0) })
        let isRead = Set(nodes.filter { !there.contains($0.id) }.flatMap { $0.inputs.compactMap { $0 } })
        let values = forward.flatMap(\.outputs)
        activations = values.filter(isRead.contains)
        bytes = Dictionary(
            uniqueKeysWithValues: try values.map { ($0, try MemoryEstimate.bytes(of: $0, in: graph, binding)) })
    }

    /// Nodes of the way back.
    var backwardCount: Int { graph.nodeCount - forward.count }

    func isForward(_ node: Node) -> Bool { place[node.id] != nil }

    func size(of value: ValueID) -> Int { bytes[value] ?? 0 }

    /// Where among the nodes of the way there `value` is computed; nil for inputs and constants.
    func place(of value: ValueID) -> Int? { graph.producer(of: value).flatMap { place[$0.id] } }

    /// The last place on the way there that reads `value`.
    func lastReader(of value: ValueID) -> Int? { graph.users(of: value).compactMap { place[$0] }.max() }

    /// Floating point operations of a node.
    func flops(of node: Node) -> Double {
        let cost = node.op.cost(of: node.inputs.map { $0.map(graph.valueType) }, node.outputs.map(graph.valueType))
        return Double((try? cost.flops.evaluate(binding)) ?? 0)
    }

    /// Whether computing `node` again gives the same, in the same memory: no random numbers, no sizes that data decide, no functions; no
    /// enlargement that a convolution of few outputs may read in another order where it alone reads it.
    func isRepeatable(_ node: Node) -> Bool {
        guard node.op is any TensorOperator, node.op.isPure, node.sizes.isEmpty, node.op.calledFunctions.isEmpty else { return false }
        guard let resize = node.op as? Resize, resize.repeatsPixels else { return true }
        return graph.users(of: node.outputs[0]).compactMap { graph.node($0) }.allSatisfy { reader in
            guard ConvOperands(reader.op) != nil, let y = reader.outputs.first else { return true }
            return (graph.type(of: y).shape[1].value ?? 0) > GradientParts.fewOutputs
        }
    }

    /// Up to so many outputs a direct convolution adds up its kernel's rows one after the other (`conv_direct.c`).
    private static let fewOutputs = 64

    /// Whether `node` costs little more than reading its operands: elementwise, moved, normalized.
    static func isCheap(_ node: Node) -> Bool {
        if !node.op.facts.isDisjoint(with: [.elementwise, .movement, .view]) { return true }
        switch node.op {
        case is LayerNorm, is RMSNorm, is GroupNorm, is FusedGroupNorm, is L2Normalize, is Softmax, is LogSoftmax, is Resize: return true
        default: return false
        }
    }
}
