import IR

/// Finds root mean square normalization in exports that spell it out, then takes in its scale.
///
///     x ─┬─▶ square ─▶ mean ─▶ add eps ─▶ sqrt ─┐
///        └────────────────────────────────────▶ div ─▶ y     ⟶     x ─▶ rms_norm ─▶ y
///
///     x ─▶ rms_norm ─▶ mul ─▶ y                               ⟶     x, weight ─▶ rms_norm ─▶ y
///                weight ┘
///
/// The square may be x·x or x^2; the division may be a product with rsqrt or with a reciprocal.
package struct FuseRMSNorm: Rule {
    package let name = "fuse-rms-norm"
    package let documentation = "Replaces x / √(mean(x²) + eps) · weight by rms_norm."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["div", "mul"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let output = node.outputs.first else { return nil }
        if let (x, eps) = normalized(node, match), graph.type(of: x) == graph.type(of: output) {
            var patch = Patch(for: graph, at: node.id)
            try patch.replace(output, by: RMSNorm(eps: eps), [x], name: node.name)
            return patch
        }
        return node.opName == "mul" ? try weighted(node, output, match) : nil
    }

    /// x and eps if `node` is the final division (or product) of a normalization.
    private func normalized(_ node: Node, _ match: Match) -> (x: ValueID, eps: Double)? {
        let pairs = node.opName == "div" ? match.operands(node).map { [($0.a, $0.b)] } ?? [] : match.bothOrders(node)
        for (x, scale) in pairs {
            guard let sum = match.radicand(scale, inverse: node.opName == "mul"), let (mean, eps) = match.withScalar(sum),
                let squares = match.rowMean(mean), match.isSquare(squares, of: x)
            else { continue }
            return (x, eps)
        }
        return nil
    }

    /// `rms_norm · weight` without a weight yet.
    private func weighted(_ node: Node, _ output: ValueID, _ match: Match) throws -> Patch? {
        for (inner, weight) in match.bothOrders(node) {
            guard let (norm, op) = match.soleOp(RMSNorm.self, of: inner), match.operand(norm, 1) == nil,
                match.type(inner) == match.type(output), let channels = match.type(inner).shape.last,
                Match.isRow(match.type(weight), channels)
            else { continue }
            var patch = Patch(for: match.graph, at: node.id)
            let row = try patch.reshaped(weight, [channels], name: node.name)
            try patch.replace(output, by: op, [norm.inputs[0], row], name: norm.name)
            return patch
        }
        return nil
    }
}
