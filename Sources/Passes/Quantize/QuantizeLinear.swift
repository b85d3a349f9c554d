import IR

/// Dense layers with 8-bit weights.
///
///     x, @w: f32, b, g, r ─▶ fused_linear ─▶ y        ⟶        x, @w#i8: i8, @w#i8.scale, b, g, r ─▶ quantized_linear ─▶ y
///
/// Each output's weights are scaled by their largest magnitude; activations are rounded when they come, unless the scheme is ``LayerScheme/w8``.
package struct QuantizeLinear: Rule {
    package let name = "quantize-linear"
    package let documentation =
        "Rounds the weights of dense layers to 8 bits with a scale for each output, and their inputs for each token."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = DenseLayer.anchors

    package let policy: PrecisionPolicy
    /// Of ``LayerScheme/int8``.
    package let range: WeightRange

    package init(_ policy: PrecisionPolicy, range: WeightRange) { (self.policy, self.range) = (policy, range) }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let scheme = policy.scheme(of: node, in: graph)
        guard scheme.roundsActivations || scheme == .w8, let layer = DenseLayer(node, graph, module), let output = node.outputs.first,
            let x = node.inputs.first ?? nil,
            graph.type(of: x).dtype == .f32, layer.weights.allSatisfy({ scheme == .w8 || QuantizeLinear.fits($0.constant) }),
            node.inputs.dropFirst(1 + layer.weights.count).allSatisfy({ $0.map { graph.type(of: $0).dtype == .f32 } ?? true })
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let range = self.range(of: scheme)
        let pairs = try layer.weights.map { try policy.quantized($0.constant, range, module, &patch) }
        let rest = node.inputs.dropFirst(1 + pairs.count)
        let operands = [x] + pairs.map(\.weight) + pairs.map(\.scale) + rest
        try patch.replace(output, by: DenseLayer.quantized(node.op, weightOnly: scheme == .w8), operands, name: node.name)
        return patch
    }

    private func range(of scheme: LayerScheme) -> WeightRange { scheme == .int8 ? range : .full }

    /// Depths that 32-bit sums of 8-bit products hold.
    private static func fits(_ weight: Constant) -> Bool { (1...65536).contains(weight.type.shape.last?.value ?? 0) }
}

extension PrecisionPolicy {
    /// The key of `weight` in 8 bits.
    package static func key(of weight: Constant, _ range: WeightRange) -> String { "\(weight.key)#i8\(range == .half ? "(half)" : "")" }

    /// Integers and scales [rows] of a weight, rows being its first dimension.
    func quantized(
        _ weight: Constant, _ range: WeightRange, _ module: Module, _ patch: inout Patch
    ) throws -> (weight: ValueID?, scale: ValueID?) {
        let key = PrecisionPolicy.key(of: weight, range)
        if let known = module.constants[key], let scale = module.constants["\(key).scale"] {
            return (try patch.constant(known), try patch.constant(scale))
        }
        defer { weight.bytes?.evict() }
        guard let entry = rounded[key] ?? QuantizedRows(weight, range).map({ .init(levels: $0.integers, scales: $0.scales) }) else {
            throw InferenceError("@\(weight.key) has no data")
        }
        let type = TensorType(.i8, weight.type.shape, quantization: .perChannel(axis: 0))
        return (
            try patch.constant(Constant(key: key, type: type, bytes: entry.levels.bytes)),
            try patch.constant(Constant(key: "\(key).scale", entry.scales))
        )
    }
}
