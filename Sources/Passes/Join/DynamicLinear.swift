import IR

/// Multiplies in integers what is rounded row by row as it comes.
///
///     x ─▶ dynamic_quantize {per_row} ─▶ dequantize ─▶ x'
///     @q, @scale ─▶ dequantize ─▶ w
///     x', w, b ─▶ linear ─▶ y        ⟶        x, @q, @scale, b ─▶ quantized_linear ─▶ y
package struct DynamicLinear: Rule {
    package let name = "dynamic-linear"
    package let documentation = "Multiplies rows that are rounded as they come with integer weights, in integers."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = DenseLayer.anchors

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let y = node.outputs.first, let x = match.roundedRows(match.operand(node, 0)), match.areF32(node.inputs),
            let weights = IntegerWeights(node, match), weights.areSummed
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let operands = [x] + (try weights.operands(&patch)) + node.inputs.dropFirst(1 + weights.levels.count)
        try patch.replace(y, by: DenseLayer.quantized(node.op, weightOnly: false), operands, name: node.name)
        return patch
    }
}

extension Match {
    /// What `value` is the rounded rows of.
    fileprivate func roundedRows(_ value: ValueID?) -> ValueID? {
        guard let (wide, widening) = op(Dequantize.self, of: value), widening.to == .f32, let levels = operand(wide, 0),
            let (rows, rounding) = op(DynamicQuantize.self, of: levels), rounding.perRow,
            wide.inputs.map({ $0 }) == rows.outputs.map({ Optional($0) })
        else { return nil }
        return operand(rows, 0)
    }
}
