import IR

/// Dense layers with weights of 4 bits.
///
///     @w#i4: i4, @w#i4.scale: bf16 ─▶ dequantize {axis: 1, block: 32} ─▶ w'
///     x, @w: f32, b, g, r ─▶ fused_linear ─▶ y        ⟶        x, w', b, g, r ─▶ fused_linear ─▶ y
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
            let x = node.inputs.first ?? nil, layer.weights.allSatisfy({ $0.constant.type.rank == 2 }),
            Match(graph, module).areF32(node.inputs)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let weights = try layer.weights.map { try dequantized($0.constant, module, &patch) }
        try patch.replace(output, by: node.op, layer.replaced(x, weights), name: node.name)
        return patch
    }

    /// The key of `weight` in 4 bits.
    package static func key(of weight: Constant) -> String { "\(weight.key)#i4" }

    private func dequantized(_ weight: Constant, _ module: Module, _ patch: inout Patch) throws -> ValueID {
        let (levels, scale) = try quantized(weight, module)
        let op = Dequantize(ScalePlacement(axis: 1, block: QuantizedGroups.size))
        return try patch.apply(op, [try patch.constant(levels), try patch.constant(scale)], name: weight.key)
    }

    /// Integers and scales of a weight, which the module may have already.
    private func quantized(_ weight: Constant, _ module: Module) throws -> (levels: Constant, scale: Constant) {
        let key = QuantizeLinearGroups.key(of: weight)
        if let levels = module.constants[key], let scale = module.constants["\(key).scale"] { return (levels, scale) }
        defer { weight.bytes?.evict() }
        let entry = policy.rounded[key] ?? QuantizedGroups(weight).map { .init(levels: $0.integers, scales: $0.scales) }
        guard let entry else { throw InferenceError("@\(weight.key) has no data") }
        let type = TensorType(.i4, weight.type.shape, quantization: .perGroup(axis: 1, size: QuantizedGroups.size))
        return (Constant(key: key, type: type, bytes: entry.levels.bytes), Constant(key: "\(key).scale", entry.scales))
    }
}
