import IR

/// Multiplies levels with integer weights, in integers.
///
///     q, scale, zero ─▶ dequantize ─▶ x
///     @w, @weight_scale ─▶ dequantize ─▶ w
///     x, w, b ─▶ linear ─▶ y        ⟶        q, @w, zero, scale, @weight_scale, b ─▶ integer_linear ─▶ y
///
/// A gated layer becomes two.
package struct StaticLinear: Rule {
    package let name = "static-linear"
    package let documentation = "Multiplies levels of one scale with integer weights, in integers."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = DenseLayer.anchors

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let y = node.outputs.first, let x = LevelsOperand(match.operand(node, 0), match), let form = DenseOperands(node.op),
            match.areF32(node.inputs), let weights = IntegerWeights(node, match), weights.areSummed
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let (levels, zero, scale) = try x.operands(&patch, node.name)
        func product(_ index: Int, bias: Int, _ activation: Activation, _ gate: ValueID?, _ residual: ValueID?) throws -> ValueID {
            let (weight, own) = (try patch.constant(weights.levels[index]), try patch.constant(weights.scales[index]))
            let operands = [levels, weight, zero, scale, own, match.operand(node, bias), gate, residual]
            return try patch.apply(IntegerLinear(activation: activation), operands.trimmed, name: node.name)
        }
        let up = try form.upBias.map { try product(1, bias: $0, .none, nil, nil) }
        let gate = up ?? form.gate.flatMap { match.operand(node, $0) }
        let residual = form.residual.flatMap { match.operand(node, $0) }
        patch.replace(y, with: try product(0, bias: form.bias, form.activation, gate, residual))
        return patch
    }
}
