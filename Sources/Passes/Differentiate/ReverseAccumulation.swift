import IR

/// Walks a function backwards from its loss. Each operator says what its operands' cotangents are; those of a value that several nodes
/// read are added up before the walk reaches what computes it.
struct ReverseAccumulation {
    private let builder: GradientBuilder
    private let function: String
    private let moving: Set<ValueID>
    private var cotangents: [ValueID: Traced] = [:]

    /// A function with the inputs of `forward` that gives the loss and the gradient of each of `sources` that the loss depends on.
    /// - Throws: ``PassError`` naming the node that has no derivative, or if the loss depends on none of them.
    static func gradient(of forward: Graph, _ request: GradientRequest, _ sources: [GradientRequest.Source]) throws -> Graph {
        let lifted = (request.takesParameters ? sources.filter(\.isConstant) : []) + request.taken(in: forward)
        var copy = try ForwardCopy(
            forward, named: GradientRequest.functionPrefix + forward.name, moving: forward.movingValues(from: sources.map(\.value)),
            towards: request.loss, lifting: lifted)
        guard let output = forward.outputs.first(where: { $0.name == request.loss }) else {
            throw PassError("differentiate: function '\(forward.name)' has no result '\(request.loss)'")
        }
        let loss = try copy.own(output.value)
        let values = try sources.map { try copy.own($0.value) }
        var walk = ReverseAccumulation(copy.builder, forward.name, values)
        try walk.run(from: loss)
        try walk.builder.addOutput(request.loss, copy.builder.traced(loss))
        for other in forward.outputs where request.keepsResults && other.name != request.loss {
            try walk.builder.addOutput(other.name, copy.builder.traced(copy.own(other.value)))
        }
        return try walk.finished(request, Array(zip(sources.map(\.name), values)))
    }

    private init(_ builder: GradientBuilder, _ function: String, _ sources: [ValueID]) {
        (self.builder, self.function) = (builder, function)
        moving = builder.graph.movingValues(from: sources)
    }

    private mutating func run(from loss: ValueID) throws {
        let start = builder.traced(loss)
        builder.name = ""
        cotangents[loss] = try start.filled(start.shape, 1)
        for node in builder.graph.nodes.reversed() { try pass(node) }
    }

    /// Hands the cotangents of a node's results to its operands.
    private mutating func pass(_ node: Node) throws {
        let given = node.outputs.map { cotangents[$0] }
        let isWanted = node.inputs.map { $0.map(moving.contains) ?? false }
        guard given.contains(where: { $0 != nil }), isWanted.contains(true) else { return }
        do {
            guard let op = node.op as? any Differentiable else { throw DerivativeError(refusal(node, isWanted)) }
            builder.name = node.name.isEmpty ? "" : node.name + "/grad"
            let adjoint = Adjoint(
                inputs: node.inputs.map { $0.map(builder.traced) }, outputs: node.outputs.map(builder.traced), cotangents: given,
                isWanted: isWanted)
            for ((input, cotangent), isWanted) in zip(zip(node.inputs, try op.cotangents(adjoint)), isWanted) {
                if let input, let cotangent, isWanted { try add(cotangent, to: input) }
            }
        } catch { throw PassError("differentiate", function: function, node: node, "\(error)") }
    }

    private func refusal(_ node: Node, _ isWanted: [Bool]) -> String {
        let way = zip(node.inputs, isWanted).first { $0.1 }?.0.map { builder.graph.origin(of: $0) } ?? ""
        return "it has no derivative, and a gradient goes through it to \(way); stop_gradient in front of it would end the way there"
    }

    private mutating func add(_ cotangent: Traced, to value: ValueID) throws {
        let type = builder.graph.type(of: value)
        let fitted = try cotangent.summed(to: type.shape).cast(to: type.dtype)
        cotangents[value] = try cotangents[value].map { try $0 + fitted } ?? fitted
    }

    private func finished(_ request: GradientRequest, _ sources: [(name: String, value: ValueID)]) throws -> Graph {
        var isEmpty = true
        for (name, value) in sources {
            guard let gradient = cotangents[value] else { continue }
            try builder.addOutput(GradientRequest.prefix + name, gradient)
            isEmpty = false
        }
        guard !isEmpty else {
            let asked = sources.isEmpty ? "no constant or input is asked for" : "it depends on nothing that is asked for"
            throw PassError("differentiate: result '\(request.loss)' of '\(function)' has no gradients: \(asked)")
        }
        return builder.graph
    }
}
