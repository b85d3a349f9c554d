import IR

/// Dense layers with weights of 4 bits.
///
///     @w#i4: i4, @w#i4.scale: bf16 ─▶ dequantize {axis: 1, block: 32} ─▶ w'
///     x ─▶ dynamic_quantize {per_row, symmetric} ─▶ dequantize ─▶ x'
///     x, @w: f32, b, g, r ─▶ fused_linear ─▶ y        ⟶        x', w', b, g, r ─▶ fused_linear ─▶ y
///
/// Every 32, 64 or 128 neighbouring inputs of an output share a scale, and perhaps a zero point; x stays f32 if the scheme is ``LayerScheme/w4``.
package struct QuantizeLinearGroups: Rule {
    package let name = "quantize-linear-groups"
    package let documentation =
        "Rounds the weights of dense layers to 4 bits with a scale for each group of inputs of an output, and their inputs for each token."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = DenseLayer.anchors

    package let policy: PrecisionPolicy

    package init(_ policy: PrecisionPolicy) { self.policy = policy }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let scheme = policy.scheme(of: node, in: graph)
        guard scheme.isGrouped, let layer = DenseLayer(node, graph, module), let output = node.outputs.first,
            let x = node.inputs.first ?? nil, graph.type(of: x).rank > 0, layer.weights.allSatisfy({ $0.constant.type.rank == 2 }),
            Match(graph, module).areF32(node.inputs)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let weights = try layer.weights.map { try dequantized($0.constant, module, &patch) }
        let rounded = scheme.roundsActivations ? try patch.roundedRows(of: x, .symmetricRows, name: node.name) : x
        try patch.replace(output, by: node.op, layer.replaced(rounded, weights), name: node.name)
        return patch
    }

    private func dequantized(_ weight: Constant, _ module: Module, _ patch: inout Patch) throws -> ValueID {
        let operands = try quantized(weight, module).map { try patch.constant($0) }
        let op = Dequantize(ScalePlacement(axis: 1, block: policy.groups.size))
        return try patch.apply(op, operands, name: weight.key)
    }

    /// Integers and scales of a weight, and zero points where groups have them, which the module may have already.
    private func quantized(_ weight: Constant, _ module: Module) throws -> [Constant] {
        let key = policy.groupedKey(of: weight)
        let names = [key, "\(key).scale"] + (policy.groups.hasZeroPoints ? ["\(key).zero"] : [])
        let known = names.compactMap { module.constants[$0] }
        if known.count == names.count { return known }
        defer { weight.bytes?.evict() }
        guard let entry = policy.rounded[key] ?? QuantizedGroups(weight, policy.groups)?.entry else {
            throw InferenceError("@\(weight.key) has no data")
        }
        let quantization = TensorType.Quantization.perGroup(axis: 1, size: policy.groups.size)
        let type = TensorType(entry.levels.dtype, weight.type.shape, quantization: quantization)
        return [Constant(key: key, type: type, bytes: entry.levels.bytes), Constant(key: names[1], entry.scales)]
            + (entry.zeros.map { [Constant(key: "\(key).zero", $0)] } ?? [])
    }
}

extension PrecisionPolicy {
    /// The key of `weight` in 4 bits.
    package func groupedKey(of weight: Constant) -> String { "\(weight.key)#\(groups.suffix)" }
}
