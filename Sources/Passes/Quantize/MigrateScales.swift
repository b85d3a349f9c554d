import IR

/// Takes the channels of a norm's result that are large, or matter most, down, and up those of weights that they meet: a number for each channel
/// that calibration found.
///
///     x, @g, @b ─▶ layer_norm ─▶ y        ⟶        x, @g / s, @b / s ─▶ layer_norm ─▶ mul(@s) ─▶ y
///
/// absorb-scales then takes s into the weights of the layers behind it. Xiao et al., SmoothQuant (arXiv 2211.10438); Lin et al., AWQ (arXiv 2306.00978).
package struct MigrateScales: Rule {
    package let name = "migrate-scales"
    package let documentation =
        "Moves scales of channels between the results of norms and the weights that they meet, as calibration found them."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = [LayerNorm.opName, RMSNorm.opName]

    package let policy: PrecisionPolicy

    package init(_ policy: PrecisionPolicy) { self.policy = policy }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let site = MigrationSite(node, graph, module), let scales = policy.migrations[site.key], scales.count == site.channels else {
            return nil
        }
        var patch = Patch(for: graph, at: node.id)
        var operands = node.inputs
        for (operand, parameter) in site.parameters {
            let values = zip(parameter.tensor?.floats ?? [], scales).map { $0 / $1 }
            let constant = Constant(key: "\(parameter.key)#by(\(site.key))", Tensor(values, [site.channels]))
            operands[operand] = try patch.constant(constant)
        }
        let normed = try patch.apply(node.op, operands, name: node.name)
        let factor = try patch.constant(Constant(key: MigrateScales.key(site.key), Tensor(scales, [site.channels])))
        try patch.replace(node.outputs[0], by: Binary<Mul>(), [normed, factor], name: node.name)
        return patch
    }

    /// Of the constant that multiplies a norm's result until layers absorb it.
    static func key(_ site: String) -> String { "#migrated(\(site))" }
}

/// A norm whose result nothing reads but dense layers, as what they multiply.
package struct MigrationSite {
    /// The key of the first weight that the result meets.
    package let key: String
    package let channels: Int
    /// Scale and shift, with their positions among the operands.
    let parameters: [(operand: Int, constant: Constant)]
    /// In the order of the graph.
    package let layers: [DenseLayer]

    /// nil for other nodes, and norms without a scale of their own.
    package init?(_ node: Node, _ graph: Graph, _ module: Module) {
        let match = Match(graph, module)
        guard node.op is LayerNorm || node.op is RMSNorm, let y = node.outputs.first, match.type(y).dtype == .f32, !graph.isOutput(y),
            let channels = match.type(y).shape.last?.value, match.operand(node, 1) != nil
        else { return nil }
        var parameters: [(Int, Constant)] = []
        for (index, input) in node.inputs.enumerated().dropFirst() {
            guard let input else { continue }
            guard let constant = match.constant(input), constant.type == TensorType(.f32, [Dim(channels)]), constant.bytes != nil else {
                return nil
            }
            parameters.append((index, constant))
        }
        let readers = graph.users(of: y).compactMap { graph.node($0) }
        let layers = readers.compactMap { DenseLayer($0, graph, module) }
        guard !readers.isEmpty, layers.count == readers.count,
            layers.allSatisfy({ $0.node.inputs[0] == y && !$0.node.inputs.dropFirst().contains(y) }),
            let first = layers.first?.weights.first?.constant.key
        else { return nil }
        (key, self.channels, self.parameters, self.layers) = (first, channels, parameters, layers)
    }
}
