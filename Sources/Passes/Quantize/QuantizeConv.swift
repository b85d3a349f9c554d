import IR

/// Stores the filters of convolutions in 8 bits.
///
///     @w#i8: i8, @w#i8.scale ─▶ dequantize ─▶ w'
///     x, @w: f32, b, r ─▶ fused_conv ─▶ y        ⟶        x, w', b, r ─▶ fused_conv ─▶ y
///
/// Each output channel's weights are scaled by their largest magnitude. Activations stay f32: Winograd's algorithm, which needs
/// them so, takes a quarter of the products of a 3 × 3 kernel. Of ``LayerScheme/int8Static`` they are integers too, over a range that calibration found.
package struct QuantizeConv: Rule {
    package let name = "quantize-conv"
    package let documentation = "Rounds the filters of convolutions to 8 bits with a scale for each output channel; products stay f32."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = ConvLayer.anchors

    package let policy: PrecisionPolicy
    /// Of filters whose inputs are integers too.
    package let range: WeightRange

    package init(_ policy: PrecisionPolicy, range: WeightRange) { (self.policy, self.range) = (policy, range) }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard policy.scheme(of: node, in: graph).isInteger, let layer = ConvLayer(node, graph, module), let output = node.outputs.first
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        var operands = node.inputs
        // Without VNNI, whose mark half range is, four times the products in integers are slower: with AVX2 a step of a UNet takes 335 ms, so 275.
        let isFaster = range == .full || !layer.hasWinograd
        if policy.scheme(of: node, in: graph) == .int8Static, isFaster, let known = policy.inputRanges[layer.filter.key] {
            operands[0] = try patch.rounded(layer.x, known, name: node.name)
            operands[1] = try tapsDequantized(layer.filter, module, &patch)
        } else {
            operands[1] = try policy.dequantized(layer.filter, .full, module, &patch)
        }
        try patch.replace(output, by: node.op, operands, name: node.name)
        return patch
    }

    /// A filter [o, c, h, w] rounded in the order in which integers are multiplied, [o, h, w, c], on which half range depends.
    private func tapsDequantized(_ filter: Constant, _ module: Module, _ patch: inout Patch) throws -> ValueID {
        guard range == .half else { return try policy.dequantized(filter, range, module, &patch) }
        let key = "\(PrecisionPolicy.key(of: filter, range))(taps)"
        var constants = [key, "\(key).scale"].compactMap { module.constants[$0] }
        if constants.count < 2 {
            guard let taps = filter.tensor.flatMap({ Transposition.result($0, [0, 2, 3, 1]) }),
                let rows = QuantizedRows(Constant(key: key, taps), range), let levels = Transposition.result(rows.integers, [0, 3, 1, 2])
            else { throw InferenceError("@\(filter.key) has no data") }
            let type = TensorType(.i8, filter.type.shape, quantization: .perChannel(axis: 0))
            constants = [Constant(key: key, type: type, bytes: levels.bytes), Constant(key: "\(key).scale", rows.scales)]
        }
        return try patch.apply(Dequantize(), try constants.map { try patch.constant($0) }, name: filter.key)
    }
}

extension PrecisionPolicy {
    /// The filter of a convolution that precision rules round; nil for other nodes.
    package static func filter(of node: Node, _ graph: Graph, _ module: Module) -> Constant? { ConvLayer(node, graph, module)?.filter }
}
