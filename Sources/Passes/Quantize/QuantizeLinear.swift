import IR

/// Dense layers with 8-bit weights.
///
///     @w#i8: i8, @w#i8.scale ─▶ dequantize ─▶ w'
///     x ─▶ dynamic_quantize {per_row} ─▶ dequantize ─▶ x'
///     x, @w: f32, b, g, r ─▶ fused_linear ─▶ y        ⟶        x', w', b, g, r ─▶ fused_linear ─▶ y
///
/// Each output's weights are scaled by their largest magnitude; activations are rounded when they come, unless the scheme is ``LayerScheme/w8``.
/// Of ``LayerScheme/int8Static``, they have one scale that calibration found:
///
///     x, @x_scale, @x_zero ─▶ quantize ─▶ dequantize ─▶ x'
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
        guard scheme.isInteger, !scheme.isGrouped, let layer = DenseLayer(node, graph, module), let output = node.outputs.first,
            let x = node.inputs.first ?? nil, graph.type(of: x).rank > 0,
            layer.weights.allSatisfy({ scheme == .w8 || QuantizeLinear.fits($0.constant) }), Match(graph, module).areF32(node.inputs)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let range = scheme.range(self.range)
        let weights = try layer.weights.map { try policy.dequantized($0.constant, range, module, &patch) }
        let known = scheme == .int8Static ? layer.weights.first.flatMap { policy.inputRanges[$0.constant.key] } : nil
        let rounded =
            try known.map { try patch.rounded(x, $0, name: node.name) } ?? (scheme == .w8 ? x : patch.roundedRows(of: x, name: node.name))
        try patch.replace(output, by: node.op, layer.replaced(rounded, weights), name: node.name)
        return patch
    }

    /// Depths that 32-bit sums of 8-bit products hold.
    private static func fits(_ weight: Constant) -> Bool { (1...65536).contains(weight.type.shape.last?.value ?? 0) }
}

extension Patch {
    /// `x` as its rows are rounded to 8 bits.
    mutating func roundedRows(of x: ValueID, _ op: DynamicQuantize = DynamicQuantize(perRow: true), name: String) throws -> ValueID {
        let levels = try add(op, [x], name: name)
        return try apply(Dequantize(), levels.map { $0 }, name: name)
    }
}

extension Patch {
    /// `x` as levels over a range that is known stand for it.
    mutating func rounded(_ x: ValueID, _ range: PrecisionPolicy.InputRange, name: String) throws -> ValueID {
        let scale = try constant(Constant(key: "#x_scale(\(range.scale))", Tensor([range.scale], [])))
        let zero = try constant(Constant(key: "#x_zero(\(range.zero))", Tensor(integers: [range.zero], [], as: .u8)))
        let levels = try apply(Quantize(to: .u8), [x, scale, zero], name: name)
        return try apply(Dequantize(), [levels, scale, zero], name: name)
    }
}

extension PrecisionPolicy {
    /// The key of `weight` in 8 bits.
    package static func key(of weight: Constant, _ range: WeightRange) -> String { "\(weight.key)#i8\(range == .half ? "(half)" : "")" }

    /// A weight as integers of 8 bits with a scale for each row, its first dimension.
    func dequantized(_ weight: Constant, _ range: WeightRange, _ module: Module, _ patch: inout Patch) throws -> ValueID {
        let (levels, scale) = try quantized(weight, PrecisionPolicy.key(of: weight, range), range, module)
        return try patch.apply(Dequantize(), [try patch.constant(levels), try patch.constant(scale)], name: weight.key)
    }

    /// Integers and scales [rows], which the module may have already under `key`.
    func quantized(
        _ weight: Constant, _ key: String, _ range: WeightRange, _ module: Module
    ) throws -> (levels: Constant, scale: Constant) {
        if let levels = module.constants[key], let scale = module.constants["\(key).scale"] { return (levels, scale) }
        defer { weight.bytes?.evict() }
        guard let entry = rounded[key] ?? QuantizedRows(weight, range).map({ .init(levels: $0.integers, scales: $0.scales) }) else {
            throw InferenceError("@\(weight.key) has no data")
        }
        let type = TensorType(.i8, weight.type.shape, quantization: .perChannel(axis: 0))
        return (Constant(key: key, type: type, bytes: entry.levels.bytes), Constant(key: "\(key).scale", entry.scales))
    }
}
