import IR

/// Multiplies with weights of few bits as they are stored, and scales the products.
///
///     @q, @scale ─▶ dequantize ─▶ w
///     x, w, b ─▶ linear ─▶ y        ⟶        x, @q, @scale, b ─▶ quantized_linear {weight_only} ─▶ y
///
/// A scale for each output, or one for all, is that of the products; one for each input is multiplied into x; those of groups of inputs are
/// applied in turn.
package struct WeightOnlyLinear: Rule {
    package let name = "weight-only-linear"
    package let documentation = "Takes weights that are integers times scales into dense layers as they are stored."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = DenseLayer.anchors

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let y = node.outputs.first, let x = match.operand(node, 0), match.areF32(node.inputs),
            let weights = IntegerWeights(node, match)
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let input = try weights.inputScale.map { try patch.apply(Binary<Mul>(), [x, patch.constant($0)], name: node.name) } ?? x
        let operands = try weights.operands(of: node, input, &patch)
        try patch.replace(y, by: DenseLayer.quantized(node.op, weightOnly: true), operands, name: node.name)
        return patch
    }
}

extension Match {
    /// Whether those of `values` that are there are f32.
    func areF32(_ values: [ValueID?]) -> Bool { values.allSatisfy { $0.map { type($0).dtype == .f32 } ?? true } }
}
