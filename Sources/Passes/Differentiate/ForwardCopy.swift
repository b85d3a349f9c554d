import IR

/// The function that a gradient function begins with: the same nodes, composite ones on the way to the loss as what they stand for.
struct ForwardCopy {
    let builder: GradientBuilder
    /// Values there by values of the original.
    private(set) var match: [ValueID: ValueID] = [:]
    private let original: Graph

    /// - Parameter lifted: Constants that become inputs.
    init(_ original: Graph, named name: String, moving: Set<ValueID>, towards loss: String, lifting lifted: [GradientRequest.Source]) throws
    {
        self.original = original
        builder = GradientBuilder(Graph(name: name))
        for input in original.inputs {
            match[input] = try builder.addInput(original.inputName(of: input) ?? "", original.valueType(of: input))
        }
        for source in lifted { match[source.value] = try builder.addInput(source.name, original.valueType(of: source.value)) }
        let needed = original.ancestors(of: loss)
        for node in original.nodes {
            let isOnTheWay = needed.contains(node.id) && node.outputs.contains(where: moving.contains)
            try copy(node, composing: isOnTheWay)
        }
    }

    /// What `value` of the original is here.
    mutating func own(_ value: ValueID) throws -> ValueID {
        if let known = match[value] { return known }
        guard let key = original.constantKey(of: value) else { throw GraphError("\(original.origin(of: value)) is not computed") }
        let made = try builder.constant(key, original.type(of: value))
        match[value] = made
        return made
    }

    private mutating func copy(_ node: Node, composing: Bool) throws {
        let inputs = try node.inputs.map { try $0.map { try own($0) } }
        guard composing, let op = node.op as? any Composite else {
            for (old, new) in zip(node.outputs, builder.copy(node, of: original, inputs)) { match[old] = new }
            return
        }
        builder.name = node.name
        do {
            let made = try op.composed(of: inputs.map { $0.map(builder.traced) })
            guard let result = node.outputs.first, made.type == original.type(of: result) else {
                throw DerivativeError("its parts give \(made.type)")
            }
            match[result] = made.value
        } catch { throw PassError("differentiate", function: original.name, node: node, "\(error)") }
    }
}
