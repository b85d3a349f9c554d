import IR

/// Convolves levels with integer filters, in integers.
///
///     q, scale, zero ─▶ dequantize ─▶ x
///     @w, @weight_scale ─▶ dequantize ─▶ w
///     x, w, b, r ─▶ fused_conv ─▶ y    ⟶    q, @w#taps, zero, _, scale, @weight_scale, b, r ─▶ integer_conv ─▶ y
package struct StaticConv: Rule {
    package let name = "static-conv"
    package let documentation = "Convolves levels of one scale with integer filters, in integers."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ConvLayer.anchors

    /// Depths that 32-bit sums of products of 8 bits hold.
    private static let largestDepth = 65536

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let y = node.outputs.first, let conv = ConvOperands(node.op), let filter = IntegerFilter(node, match),
            match.areF32(node.inputs), let x = LevelsOperand(match.operand(node, 0), match), conv.geometry.padding.allSatisfy({ $0 >= 0 }),
            let taps = StaticConv.taps(filter.levels, module)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let (levels, zero, scale) = try x.operands(&patch, node.name)
        let kernel = filter.levels.type.shape[2...].compactMap(\.value)
        let operands = [
            levels, try patch.constant(taps), zero, nil, scale, try patch.constant(filter.scale), match.operand(node, conv.bias),
            conv.residual.flatMap { match.operand(node, $0) },
        ]
        let op = IntegerConv(kernel: kernel, conv.geometry, activation: conv.activation)
        try patch.replace(y, by: op, operands.trimmed, name: node.name)
        return patch
    }

    /// A filter [o, c, h, w] as [o, h·w·c].
    private static func taps(_ filter: Constant, _ module: Module) -> Constant? {
        let key = "\(filter.key)#taps"
        if let known = module.constants[key] { return known }
        guard let tensor = filter.tensor, let outputs = tensor.shape.first, outputs > 0, tensor.count / outputs <= largestDepth,
            let turned = Transposition.result(tensor, [0, 2, 3, 1]), let matrix = turned.reshaped([outputs, tensor.count / outputs])
        else { return nil }
        return Constant(key: key, matrix)
    }
}
