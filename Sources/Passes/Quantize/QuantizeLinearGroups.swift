import IR

/// Dense layers with weights of 4 bits.
///
///     x, @w: f32, b, g, r ─▶ fused_linear ─▶ y    ⟶    x, @w#i4: i4, @w#i4.scale: bf16, b, g, r ─▶ quantized_linear {weight_only} ─▶ y
///
/// Every 32 neighbouring inputs of an output share a scale; x stays f32.
package struct QuantizeLinearGroups: Rule {
    package let name = "quantize-linear-groups"
    package let documentation =
        "Rounds the weights of dense layers to 4 bits with a scale for each 32 inputs of an output; x is not rounded."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = DenseLayer.anchors

    package let policy: PrecisionPolicy

    package init(_ policy: PrecisionPolicy) { self.policy = policy }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard policy.scheme(of: node, in: graph) == .int4, let layer = DenseLayer(node, graph, module), let output = node.outputs.first,
            let x = node.inputs.first ?? nil,
            layer.weights.allSatisfy({ $0.constant.type.rank == 2 }),
            node.inputs.allSatisfy({ $0.map { graph.type(of: $0).dtype == .f32 } ?? true })
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let pairs = try layer.weights.map { try rounded($0.constant, module) }
        let weights = try pairs.map { try patch.constant($0.integers) }
        let scales = try pairs.map { try patch.constant($0.scales) }
        let rest = node.inputs.dropFirst(1 + pairs.count)
        try patch.replace(output, by: DenseLayer.quantized(node.op, weightOnly: true), [x] + weights + scales + rest, name: node.name)
        return patch
    }

    /// The key of `weight` in 4 bits.
    package static func key(of weight: Constant) -> String { "\(weight.key)#i4" }

    /// Integers and scales of a weight, which the module may have already.
    private func rounded(_ weight: Constant, _ module: Module) throws -> (integers: Constant, scales: Constant) {
        let key = QuantizeLinearGroups.key(of: weight)
        if let integers = module.constants[key], let scales = module.constants["\(key).scale"] { return (integers, scales) }
        defer { weight.bytes?.evict() }
        let entry = policy.rounded[key] ?? QuantizedGroups(weight).map { .init(levels: $0.integers, scales: $0.scales) }
        guard let entry else { throw InferenceError("@\(weight.key) has no data") }
        return (Constant(key: key, entry.levels), Constant(key: "\(key).scale", entry.scales))
    }
}
