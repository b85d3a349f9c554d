import IR

/// Computes in f32 what has kernels for f32 alone.
///
///     x: f16 ──▶ layer_norm ──▶ y: f16        ⟶        x ──▶ cast(f32) ──▶ layer_norm ──▶ cast(f16) ──▶ y
///
/// The result is rounded once more than `evaluate` rounds, by less than half a unit of f32.
package struct LegalizeTypes: Rule {
    package let name = "legalize-types"
    package let documentation = "Computes operators of half precision in f32 where there are kernels for f32 alone."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = [
        MatMul.opName, Linear.opName, FusedLinear.opName, GatedLinear.opName, Conv.opName, FusedConv.opName, LayerNorm.opName,
        RMSNorm.opName, GroupNorm.opName, FusedGroupNorm.opName, L2Normalize.opName, Softmax.opName, LogSoftmax.opName, Attention.opName,
        Resize.opName, MaxPool.opName, AveragePool.opName, RNN.opName, GRU.opName, LSTM.opName, ConvWeightGradient.opName,
        ResizeGradient.opName, GroupNormGradient.opName,
    ]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard node.outputs.allSatisfy({ Self.isHalf(graph.type(of: $0)) }) else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let operands = try node.inputs.map { input -> ValueID? in
            guard let input, Self.isHalf(graph.type(of: input)) else { return input }
            return try patch.apply(Cast(to: .f32), [input], name: node.name)
        }
        for (y, wide) in zip(node.outputs, try patch.add(node.op, operands, name: node.name)) {
            try patch.replace(y, by: Cast(to: graph.type(of: y).dtype), [wide], name: node.name)
        }
        return patch
    }

    private static func isHalf(_ type: TensorType) -> Bool { type.dtype == .f16 || type.dtype == .bf16 }
}
