import IR

/// Takes the scales that migrate-scales left behind a norm into the weights of a layer.
///
///     x ─▶ mul(@s) ─▶ linear(@w) ─▶ y        ⟶        x ─▶ linear(@w · s) ─▶ y
package struct AbsorbScales: Rule {
    package let name = "absorb-scales"
    package let documentation = "Takes scales of channels that were moved out of a norm into the weights of the layers behind it."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = DenseLayer.anchors

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let y = node.outputs.first, let layer = DenseLayer(node, graph, module),
            let product = match.producer(of: match.operand(node, 0), Binary<Mul>.opName), let (x, factor) = match.operands(product),
            let scales = match.constant(factor), scales.key.hasPrefix("#migrated("), let values = scales.tensor?.floats
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let weights = try layer.weights.map { try patch.constant(try AbsorbScales.scaled($0.constant, values, scales.key, module)) }
        try patch.replace(y, by: node.op, layer.replaced(x, weights), name: node.name)
        return patch
    }

    private static func scaled(_ weight: Constant, _ scales: [Float], _ site: String, _ module: Module) throws -> Constant {
        let key = "\(weight.key)\(site)"
        if let known = module.constants[key] { return known }
        defer { weight.bytes?.evict() }
        guard let tensor = weight.tensor,
            let product = try FastEvaluation.results(of: Binary<Mul>(), [tensor, Tensor(scales, [scales.count])]).first
        else { throw InferenceError("@\(weight.key) has no data") }
        return Constant(key: key, product)
    }
}
