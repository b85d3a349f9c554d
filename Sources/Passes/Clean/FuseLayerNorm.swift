import IR

/// Finds layer normalization in exports that spell it out, then takes in its scale and shift.
///
///     x ─┬───▶ sub ─┬─▶ square ─▶ mean ─▶ add eps ─▶ sqrt ─┐
///        └▶ mean ┘  └──────────────────────────────────▶ div ─▶ y     ⟶     x ─▶ layer_norm ─▶ y
///
///     x ─▶ layer_norm ─▶ mul ─▶ add ─▶ y                               ⟶     x, weight, bias ─▶ layer_norm ─▶ y
///                  weight ┘ bias ┘
///
/// The square may be d·d or d^2; the division may be a product with rsqrt or with a reciprocal.
package struct FuseLayerNorm: Rule {
    package let name = "fuse-layer-norm"
    package let documentation = "Replaces (x − mean) / √(variance + eps) · weight + bias by layer_norm."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["div", "mul", "add"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let output = node.outputs.first else { return nil }
        if let (x, eps) = normalized(node, match), graph.type(of: x) == graph.type(of: output) {
            var patch = Patch(for: graph, at: node.id)
            try patch.replace(output, by: LayerNorm(eps: eps), [x], name: node.name)
            return patch
        }
        return try absorbed(node, match)
    }

    /// x and eps if `node` is the final division (or product) of a normalization.
    private func normalized(_ node: Node, _ match: Match) -> (x: ValueID, eps: Double)? {
        let pairs = node.opName == "div" ? match.operands(node).map { [($0.a, $0.b)] } ?? [] : match.bothOrders(node)
        for (centered, scale) in pairs {
            guard let variance = match.radicand(scale, inverse: node.opName == "mul"),
                let sub = match.producer(of: centered, "sub"), let (x, mean) = match.operands(sub),
                match.rowMean(mean) == x, let (spread, eps) = match.withScalar(variance), variance.opName == "add",
                let squares = match.rowMean(spread), match.isSquare(squares, of: centered)
            else { continue }
            return (x, eps)
        }
        return nil
    }

    /// `layer_norm · weight` without a weight yet, or `layer_norm + bias` without a bias yet.
    private func absorbed(_ node: Node, _ match: Match) throws -> Patch? {
        guard let output = node.outputs.first else { return nil }
        for (inner, parameter) in match.bothOrders(node) {
            guard let (norm, op) = match.soleOp(LayerNorm.self, of: inner), match.type(inner) == match.type(output),
                let channels = match.type(inner).shape.last, Match.isRow(match.type(parameter), channels)
            else { continue }
            let (weight, bias) = (match.operand(norm, 1), match.operand(norm, 2))
            guard bias == nil, node.opName == "add" || (node.opName == "mul" && weight == nil) else { continue }
            var patch = Patch(for: match.graph, at: node.id)
            let row = try patch.reshaped(parameter, [channels], name: node.name)
            let operands = [norm.inputs[0]] + (node.opName == "mul" ? [row] : [weight, row])
            try patch.replace(output, by: op, operands, name: norm.name)
            return patch
        }
        return nil
    }
}
