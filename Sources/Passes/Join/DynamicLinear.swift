import IR

/// Multiplies in integers what is rounded row by row as it comes.
///
///     x ─▶ dynamic_quantize {per_row} ─▶ dequantize ─▶ x'
///     @q, @scale ─▶ dequantize ─▶ w
///     x', w, b ─▶ linear ─▶ y        ⟶        x, @q, @scale, b ─▶ quantized_linear ─▶ y
///
/// Rows without zero points meet weights of 4 bits in groups, those with them weights of 8.
package struct DynamicLinear: Rule {
    package let name = "dynamic-linear"
    package let documentation = "Multiplies rows that are rounded as they come with integer weights, in integers."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = DenseLayer.anchors

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let y = node.outputs.first, let (x, isSymmetric) = match.roundedRows(match.operand(node, 0)), match.areF32(node.inputs),
            let weights = IntegerWeights(node, match), isSymmetric ? weights.areGrouped : weights.areSummed
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let operands = try weights.operands(of: node, x, &patch)
        try patch.replace(y, by: DenseLayer.quantized(node.op, weightOnly: false), operands, name: node.name)
        return patch
    }
}

extension Match {
    /// What `value` is the rounded rows of, and whether they have no zero points.
    fileprivate func roundedRows(_ value: ValueID?) -> (x: ValueID, isSymmetric: Bool)? {
        guard let (wide, widening) = op(Dequantize.self, of: value), widening.to == .f32, let levels = operand(wide, 0),
            let (rows, rounding) = op(DynamicQuantize.self, of: levels), rounding.perRow,
            wide.inputs == rows.outputs.map({ Optional($0) }), let x = operand(rows, 0)
        else { return nil }
        return (x, rounding.isSymmetric)
    }
}
