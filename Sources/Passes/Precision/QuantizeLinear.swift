import IR

/// Dense layers in 8-bit integers.
///
///     x, @w: f32, b, g, r ─▶ fused_linear ─▶ y        ⟶        x, @w#i8: i8, @w#i8.scale, b, g, r ─▶ quantized_linear ─▶ y
///
/// Each output's weights are scaled by their largest magnitude; activations are rounded when they come.
package struct QuantizeLinear: Rule {
    package let name = "quantize-linear"
    package let documentation =
        "Rounds the weights of dense layers to 8 bits with a scale for each output, and their inputs for each token."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = DenseLayer.anchors

    /// Which integers weights are rounded to.
    package enum Range: Sendable {
        /// -127...127.
        case full
        /// -64...64 and, of the four weights whose products with u8 meet in 16 bits (inputs 0, 1, 4, 5 and 2, 3, 6, 7 of every
        /// aligned eight), those of one sign add up to 128 at most. Machines without VNNI multiply these faster.
        case half
    }

    package let range: Range

    package init(range: Range = .full) { self.range = range }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let layer = DenseLayer(node, graph, module), let output = node.outputs.first, let x = node.inputs.first ?? nil,
            graph.type(of: x).dtype == .f32, layer.weights.allSatisfy({ fits($0.constant) }),
            node.inputs.dropFirst(1 + layer.weights.count).allSatisfy({ $0.map { graph.type(of: $0).dtype == .f32 } ?? true })
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let pairs = try layer.weights.map { try QuantizeLinear.quantized($0.constant, range: range, module, &patch) }
        let rest = node.inputs.dropFirst(1 + pairs.count)
        let operands = [x] + pairs.map(\.weight) + pairs.map(\.scale) + rest
        try patch.replace(output, by: replacement(node.op), operands, name: node.name)
        return patch
    }

    /// Depths that 32-bit sums of 8-bit products hold.
    private func fits(_ weight: Constant) -> Bool { (1...65536).contains(weight.type.shape.last?.value ?? 0) }

    private func replacement(_ op: any Operator) -> any Operator {
        switch op {
        case let gated as GatedLinear: QuantizedGatedLinear(activation: gated.activation)
        case let fused as FusedLinear: QuantizedLinear(activation: fused.activation)
        default: QuantizedLinear()
        }
    }

    /// Integers and scales [rows] of a weight, rows being its first dimension.
    static func quantized(
        _ weight: Constant, range: Range, _ module: Module, _ patch: inout Patch
    ) throws -> (weight: ValueID?, scale: ValueID?) {
        let key = "\(weight.key)#i8\(range == .half ? "(half)" : "")"
        if let known = module.constants[key], let scale = module.constants["\(key).scale"] {
            return (try patch.constant(known), try patch.constant(scale))
        }
        defer { weight.bytes?.evict() }
        guard let rows = QuantizedRows(weight, range) else { throw InferenceError("@\(weight.key) has no data") }
        return (
            try patch.constant(
                Constant(key: key, type: TensorType(.i8, weight.type.shape, quantization: .perChannel(axis: 0)), bytes: rows.integers.bytes)
            ),
            try patch.constant(Constant(key: "\(key).scale", rows.scales))
        )
    }
}
